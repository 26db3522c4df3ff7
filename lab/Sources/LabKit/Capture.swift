import Foundation

/// A running capture of the frames that one host sends.
///
/// Only frames from the host are taken, none to it: a broadcast that the other host sends shows up on all taps.
public final class Capture: Sendable {
    /// The pcap file.
    public let file: String
    private let process: BackgroundProcess

    fileprivate init(file: String, process: BackgroundProcess) {
        self.file = file
        self.process = process
    }

    /// Stops the capture; the file is complete after this.
    public func stop() {
        process.stop()
    }

    /// Reads the frames back.
    ///
    /// - Parameter filter: A tcpdump filter, such as `ether src 00:16:3e:77:00:32`. Empty takes all.
    /// - Returns: The frames in the order they were seen.
    /// - Throws: ``LabError`` with cause `commandFailed` for a bad filter.
    public func frames(_ filter: String = "") throws(LabError) -> [CapturedFrame] {
        try Command(["tcpdump", "-r", file, "-nn", "-tt", "-e"] + (filter.isEmpty ? [] : [filter])).run().output
            .split(separator: "\n").compactMap { line in
                guard let end = line.firstIndex(of: " "), let time = Double(line[..<end]) else { return nil }
                return CapturedFrame(time: time, text: String(line[line.index(after: end)...]))
            }
    }
}

/// One frame of a capture.
public struct CapturedFrame: Sendable {
    /// When it was seen: seconds since 1970, on this machine's clock.
    ///
    /// Captures of both hosts share it.
    public let time: Double
    /// What tcpdump says about it, link-level header included.
    public let text: String
}

extension Lab {
    /// Starts to capture the frames that a host sends.
    ///
    /// - Parameters:
    ///   - host: The host.
    ///   - network: The network whose tap is watched.
    ///   - name: Names the file in the captures folder.
    /// - Returns: The running capture; stop it before reading.
    /// - Throws: ``LabError`` with cause `timedOut` if tcpdump does not start.
    public func startCapture(_ host: HostName, _ network: NetworkName = .lan, name: String) throws(LabError) -> Capture
    {
        let tap = host.tap(on: network)
        let file = "\(layout.captures)/\(name)-\(tap).pcap"
        let log = "\(file).log"
        try Files.remove(log)
        let process = try BackgroundProcess(
            Self.inNamespace([
                "tcpdump", "-i", tap, "-Q", "in", "-n", "-U", "--immediate-mode", "-Z", "root", "-w", file,
            ]),
            log: log)
        let listening = try Retry.until(limit: .seconds(10), pause: .milliseconds(10)) { () throws(LabError) -> Bool? in
            try process.output().contains("listening on") ? true : nil
        }
        guard listening != nil else {
            process.stop()
            throw LabError(
                .timedOut, attempt: "capture on \(tap)", outcome: "tcpdump did not start within 10 s",
                remedy: "Its output is in \(log).")
        }
        return Capture(file: file, process: process)
    }
}
