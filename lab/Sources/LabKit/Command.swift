import Foundation

/// A program to run to its end.
///
/// Output goes to unlinked temporary files, not to pipes: a daemon that the program leaves behind (QEMU, an ssh
/// master) may keep them open without holding up anyone.
public struct Command: Sendable {
    /// Where the program's standard input comes from.
    public enum Input: Sendable {
        /// `/dev/null`.
        case nothing
        /// The text given here.
        case text(String)
        /// The file at this path.
        case file(String)
    }

    /// The program, looked up in `PATH`, and its arguments.
    public var arguments: [String]
    /// Where standard input comes from.
    public var input: Input
    /// A file that takes standard output and error, appended; `nil` captures both.
    public var log: String?
    /// How long the program may take; `nil` waits for ever.
    public var timeout: Duration?

    /// Describes a program run.
    ///
    /// - Parameters:
    ///   - arguments: The program, looked up in `PATH`, and its arguments.
    ///   - input: Where standard input comes from.
    ///   - log: A file that takes standard output and error, appended; `nil` captures both.
    ///   - timeout: How long the program may take; `nil` waits for ever.
    public init(_ arguments: [String], input: Input = .nothing, log: String? = nil, timeout: Duration? = nil) {
        self.arguments = arguments
        self.input = input
        self.log = log
        self.timeout = timeout
    }

    /// Runs the program and demands success.
    ///
    /// - Returns: What it wrote.
    /// - Throws: ``LabError`` with cause `commandFailed` for a status other than zero, `timedOut`, or
    ///   `missingRequirement` if there is no such program.
    @discardableResult
    public func run() throws(LabError) -> CommandResult {
        let result = try attempt()
        guard result.status == 0 else {
            let words = result.errors.isEmpty ? result.output : result.errors
            throw LabError(
                .commandFailed, attempt: "run \(summary)",
                outcome: "status \(result.status)"
                    + (words.isEmpty ? "" : ", \(words.trimmingCharacters(in: .whitespacesAndNewlines))"),
                remedy: log.map { "Its output is in \($0)." } ?? "")
        }
        return result
    }

    /// Runs the program and returns its status, whatever it is.
    ///
    /// - Returns: The status and what the program wrote.
    /// - Throws: ``LabError`` with cause `timedOut`, or `missingRequirement` if there is no such program.
    public func attempt() throws(LabError) -> CommandResult {
        var words = arguments
        if let timeout {
            words = ["timeout", "--foreground", "--kill-after=2", "\(timeout.seconds)"] + words
        }
        let output = try TemporaryFile()
        let errors = try TemporaryFile()
        let status: Int32
        let source = try inputFile()
        if let log {
            let file = try TemporaryFile(appendingTo: log)
            status = try Self.wait(
                for: Self.spawn(words, input: source, output: file.descriptor, errors: file.descriptor))
        } else {
            status = try Self.wait(
                for: Self.spawn(words, input: source, output: output.descriptor, errors: errors.descriptor))
        }
        if timeout != nil, status == 124 || status == 137 {
            throw LabError(
                .timedOut, attempt: "run \(summary)",
                outcome: "it did not end within \(words[3]) s")
        }
        return CommandResult(status: status, output: output.contents(), errors: errors.contents())
    }

    /// Replaces this process with the program: its terminal, its signals and its exit status are the caller's.
    ///
    /// - Returns: Never, if it works.
    /// - Throws: ``LabError`` with cause `missingRequirement`.
    public func replaceProcess() throws(LabError) -> Never {
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        words.append(nil)
        execvp(arguments[0], words)
        throw Self.missing(arguments[0], code: errno)
    }

    private var summary: String {
        let text = arguments.joined(separator: " ")
        return text.count <= 200 ? text : String(text.prefix(200)) + "…"
    }

    private func inputFile() throws(LabError) -> InputSource {
        switch input {
        case .nothing: return .path("/dev/null")
        case .file(let path): return .path(path)
        case .text(let text):
            let file = try TemporaryFile()
            try file.fill(with: text)
            return .temporary(file)
        }
    }

    enum InputSource {
        case path(String)
        case temporary(TemporaryFile)
    }

    /// Starts a program.
    ///
    /// - Returns: Its process id. The caller must wait for it.
    /// - Throws: ``LabError`` with cause `missingRequirement`.
    static func spawn(
        _ arguments: [String], input: InputSource, output: Int32, errors: Int32
    ) throws(LabError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        switch input {
        case .path(let path): posix_spawn_file_actions_addopen(&actions, 0, path, O_RDONLY, 0)
        case .temporary(let file): posix_spawn_file_actions_adddup2(&actions, file.descriptor, 0)
        }
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, errors, 2)
        // Signals that this process blocks or ignores must still end the program.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for signal in [SIGINT, SIGTERM, SIGPIPE, SIGHUP] { sigaddset(&signals, signal) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        words.append(nil)
        defer { words.forEach { free($0) } }
        var process: pid_t = 0
        let code = posix_spawnp(&process, arguments[0], &actions, &attributes, words, environ)
        guard code == 0 else { throw missing(arguments[0], code: code) }
        return process
    }

    /// Waits for a child.
    ///
    /// - Returns: Its exit status, or 128 plus the signal that ended it, as a shell counts.
    static func wait(for process: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7f
        return signal == 0 ? (status >> 8) & 0xff : 128 + signal
    }

    private static func missing(_ program: String, code: Int32) -> LabError {
        LabError(
            .missingRequirement, attempt: "run \(program)", outcome: String(cString: strerror(code)),
            remedy: "Install the packages listed in lab/packages.txt (`make deps`).")
    }
}

/// What a program left behind.
public struct CommandResult: Sendable {
    /// The exit status, or 128 plus the signal that ended the program.
    public let status: Int32
    /// What it wrote to standard output.
    public let output: String
    /// What it wrote to standard error.
    public let errors: String
}

/// An open file that is closed with the last reference.
final class TemporaryFile: Sendable {
    let descriptor: Int32

    /// Makes a file without a name.
    init() throws(LabError) {
        var template = Array("/tmp/replicactl-lab-XXXXXX".utf8CString)
        descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw Self.failure("make a temporary file", errno) }
        unlink(template)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }

    /// Opens a file for appending; makes it if needed.
    init(appendingTo path: String) throws(LabError) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.failure("open \(path)", errno) }
    }

    deinit { close(descriptor) }

    func contents() -> String {
        lseek(descriptor, 0, SEEK_SET)
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
        return String(decoding: (try? handle.readToEnd()) ?? Data(), as: UTF8.self)
    }

    func fill(with text: String) throws(LabError) {
        do {
            try FileHandle(fileDescriptor: descriptor, closeOnDealloc: false).write(contentsOf: Data(text.utf8))
        } catch {
            throw LabError(
                .systemCallFailed, attempt: "write a temporary file", outcome: error.localizedDescription)
        }
        lseek(descriptor, 0, SEEK_SET)
    }

    private static func failure(_ attempt: String, _ code: Int32) -> LabError {
        LabError(
            .systemCallFailed, attempt: attempt, outcome: String(cString: strerror(code)),
            remedy: "Check the path, its rights and the free space.")
    }
}
