internal import Glibc
internal import SystemKit

/// Where a command writes: the process's own outputs, or texts of a test.
struct CommandOutput: Sendable {
    /// Results.
    let out: @Sendable (String) -> Void
    /// Errors and progress.
    let error: @Sendable (String) -> Void
    /// Whether ``error`` is a terminal, so that a line can be written over.
    let isTerminal: Bool

    /// The process's own outputs.
    static func standard() -> CommandOutput {
        CommandOutput(
            out: { write($0, STDOUT_FILENO) }, error: { write($0, STDERR_FILENO) },
            isTerminal: isatty(STDERR_FILENO) == 1)
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
