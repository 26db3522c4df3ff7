// ReplicaRecorder: plays the backup's part of the replication protocol without Xen and keeps what a primary sends. A
// tool for tests and for page traces; it is not installed.

internal import Glibc
internal import ReplicaControl
internal import ReplicaModel
internal import SystemKit

/// The command line of the recorder.
public enum RecorderTool {
    static let usage = """
        replica-recorder --listen ADDRESS [--port PORT] --name HOST
                                --checkpoints N --output FILE
               replica-recorder --listen ADDRESS [--port PORT] --name HOST
                                --speak-version V
        """

    static let help = """
        usage: \(usage)

        Plays the backup's part of the replication protocol for one domain, without Xen.
        It verifies and acknowledges what the primary sends, and writes libxc's records
        to a file: the image, and each checkpoint followed by CHECKPOINT, with an END
        that a live stream never has. Xen's own checker reads such a file:

          verify-stream-v2 -v -f libxc -i FILE

        It can never take over: when it has its checkpoints, it tells the primary that
        the replica is gone, and the guest goes on without protection.

        options:
          --listen ADDRESS  the address to listen on
          --port PORT       the port (\(RecorderOptions.defaultPort); 0 for a free one)
          --name HOST       the name that the primary has for its peer
          --checkpoints N   how many checkpoints to take
          --output FILE     where the records go; the file is replaced
          --speak-version V answer the greeting with protocol version V, record nothing
          --help            print this text

        """

    /// Runs the recorder of the process.
    ///
    /// - Parameter arguments: The command line without the program's name.
    /// - Returns: The exit status, as `replicactl help exit-status` explains them.
    public static func run(_ arguments: [String]) -> Int32 {
        run(arguments, out: { write($0, STDOUT_FILENO) }, error: { write($0, STDERR_FILENO) }).rawValue
    }

    static func run(
        _ arguments: [String], out: @escaping @Sendable (String) -> Void, error: (String) -> Void
    ) -> ExitStatus {
        do throws(CommandError) {
            let scan = try scan(arguments)
            if scan.values["help"] != nil {
                out(help)
                return .success
            }
            if let argument = scan.arguments.first { throw CommandError(.usage, "\"\(argument)\" is one too many") }
            let recorder = try Recorder(try RecorderOptions(scan.values)) { out($0 + "\n") }
            try recorder.run()
            return .success
        } catch let failure {
            error(text(of: failure))
            return failure.exitStatus
        }
    }

    private static func scan(_ arguments: [String]) throws(CommandError) -> OptionScan {
        let options =
            RecorderOptions.names.map { OptionScan.Option($0, takesValue: true) }
            + [OptionScan.Option("help", takesValue: false)]
        do throws(OptionScan.Failure) { return try OptionScan(arguments, options: options) } catch {
            switch error {
            case .unknown(let option):
                throw CommandError(.usage, "the option \"\(option)\" is not known, or takes no value")
            case .missingValue(let option): throw CommandError(.usage, "the option \"\(option)\" needs a value")
            }
        }
    }

    /// An error as `replicactl` writes it.
    private static func text(of error: CommandError) -> String {
        var text = "replica-recorder: \(error.message)"
        if error.reason == .usage {
            text += "\nusage: \(usage)\n`replica-recorder --help` explains the options"
        } else {
            text += " (\(error.reason.rawValue))"
            if !error.hint.isEmpty { text += "\n  \(error.hint)" }
        }
        return text + "\n"
    }

    /// What cannot be written (a closed pipe) is lost: the exit status tells the result.
    private static func write(_ text: String, _ descriptor: Int32) {
        var rest = Substring(text)
        while !rest.isEmpty {
            let count = rest.withUTF8 { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return }
            rest = Substring(decoding: rest.utf8.dropFirst(count), as: UTF8.self)
        }
    }
}
