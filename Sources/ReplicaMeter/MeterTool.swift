// ReplicaMeter: measures on a Xen host what benchmarks compare with: when a guest stands still, whoever suspends it, the
// least that a checkpoint can cost, and the pages that a guest writes. For the lab; it is not installed.

internal import Glibc
internal import SystemKit
internal import XenToolstack

/// The command line of the meter.
public enum MeterTool {
    /// Runs the meter of the process.
    ///
    /// - Parameter arguments: The command line without the program's name.
    /// - Returns: The exit status: 0, 64 for a wrong command line, 71 for everything else.
    public static func run(_ arguments: [String]) -> Int32 {
        do throws(MeterError) {
            // A guest that stands still is let run before anything else.
            SignalSet([SIGINT, SIGTERM, SIGHUP]).block()
            SignalSet.ignoreBrokenPipes()
            try play(try MeterOptions(arguments))
            return 0
        } catch {
            say("replica-meter: \(error)", STDERR_FILENO)
            return error.status
        }
    }

    private static func play(_ options: MeterOptions) throws(MeterError) {
        switch options {
        case .watch(let name, let seconds, let period):
            let (hypervisor, domain) = try find(name)
            for line in try StateWatch.run(hypervisor, domain, seconds: seconds, period: period) { say(line) }
        case .floor(let name, let rounds, let interval):
            let (hypervisor, domain) = try find(name)
            var floor = try CaptureFloor(hypervisor: hypervisor, domain: domain)
            var next = Clock.monotonic
            for _ in 0..<rounds {
                next = max(next + interval * 1_000_000, Clock.monotonic)
                Clock.sleep(until: next)
                say(try floor.round().text)
            }
            try floor.close()
        case .trace(let name, let checkpoints, let interval, let output, let limit):
            let (hypervisor, domain) = try find(name)
            var recording = try TraceRecording(
                try CaptureFloor(hypervisor: hypervisor, domain: domain), path: output, limit: limit)
            try recording.run(checkpoints: checkpoints, interval: interval * 1_000_000) { say($0) }
            try recording.close()
        }
    }

    private static func find(_ name: String) throws(MeterError) -> (Hypervisor, DomainID) {
        do throws(ToolstackError) {
            let hypervisor = try Hypervisor()
            return (hypervisor, try hypervisor.find(nameOrID: name).id)
        } catch { throw .toolstack(error) }
    }

    private static func say(_ text: String, _ descriptor: Int32 = STDOUT_FILENO) {
        var line = Substring(text + "\n")
        while !line.isEmpty {
            let count = line.withUTF8 { write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            line = Substring(decoding: line.utf8.dropFirst(count), as: UTF8.self)
        }
    }
}
