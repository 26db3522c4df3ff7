import Glibc
import SystemKit

/// A line on the standard error output.
func say(_ text: String) {
    var line = text + "\n"
    line.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
}

/// A process that lives no longer than its value; it can see the end of this process at its standard input.
final class Process {
    let identifier: pid_t
    private let input: FileDescriptor.Pipe
    private var isReaped = false

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - arguments: The program, looked for in PATH, and its arguments.
    ///   - output: A descriptor for its standard output; `nil` for this process's own error output.
    /// - Throws: ``SoakError/failed(_:_:)``.
    init(_ arguments: [String], output: Int32? = nil) throws(SoakError) {
        let attempt = "start \(arguments.joined(separator: " "))"
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        var identifier: pid_t = 0
        do {
            input = try FileDescriptor.pipe()
        } catch {
            throw .failed(attempt, error.description)
        }
        posix_spawn_file_actions_adddup2(&actions, input.reader.number, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output ?? STDERR_FILENO, STDOUT_FILENO)
        var texts: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for text in texts { free(text) } }
        let error = posix_spawnp(&identifier, arguments[0], &actions, nil, &texts, environ)
        guard error == 0 else { throw .failed(attempt, String(cString: strerror(error))) }
        self.identifier = identifier
    }

    /// Kills it, as a crash would.
    func kill() {
        _ = Glibc.kill(identifier, SIGKILL)
        _ = wait()
    }

    /// Waits for its end; returns whether it ended well.
    func wait() -> Bool {
        guard !isReaped else { return true }
        isReaped = true
        var status: Int32 = 0
        while waitpid(identifier, &status, 0) < 0 && errno == EINTR {}
        return status == 0
    }

    deinit { if !isReaped { kill() } }

    /// Runs a program to its end.
    static func run(_ arguments: [String]) throws(SoakError) {
        guard try Process(arguments).wait() else { throw .failed(arguments.joined(separator: " "), "it failed") }
    }

    /// Runs a program that prints one number.
    static func number(_ arguments: [String]) throws(SoakError) -> UInt64 {
        let attempt = arguments.joined(separator: " ")
        do {
            var text = ""
            let pipe = try FileDescriptor.pipe()
            guard try Process(arguments, output: pipe.writer.number).wait() else {
                throw SoakError.failed(attempt, "it failed")
            }
            var bytes = [UInt8](repeating: 0, count: 64)
            let count = read(pipe.reader.number, &bytes, bytes.count)
            if count > 0 { text = String(decoding: bytes[..<count], as: UTF8.self) }
            guard let number = UInt64(text.filter(\.isNumber)) else { throw SoakError.failed(attempt, "no number") }
            return number
        } catch let error as SoakError {
            throw error
        } catch {
            throw .failed(attempt, "\(error)")
        }
    }
}
