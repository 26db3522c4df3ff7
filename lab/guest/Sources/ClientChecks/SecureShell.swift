internal import CGuest
internal import Glibc
package import GuestSupport

/// The OpenSSH client as a child process with pipes on its standard streams.
package struct SecureShell: ~Copyable {
    /// The child's standard input; nil once closed.
    private var input: FileDescriptor?
    /// The child's standard output, not blocking.
    package let output: FileDescriptor
    /// The child's standard error, not blocking.
    package let errors: FileDescriptor
    private let process: pid_t

    /// Starts ssh with settings that leave it to TCP alone how long a silence may last.
    ///
    /// - Parameters:
    ///   - host: The host's numeric address.
    ///   - port: The port of the ssh server.
    ///   - user: The user to log in as.
    ///   - key: The path of the private key.
    ///   - command: The command for the remote user's shell.
    /// - Throws: ``SystemError`` when a pipe or the process cannot be made.
    package init(host: String, port: UInt16, user: String, key: String, command: String) throws(SystemError) {
        // A write to a child that is gone must fail, not end this process.
        signal(SIGPIPE, SIG_IGN)
        let inputPipe = try Pipe()
        let outputPipe = try Pipe()
        let errorPipe = try Pipe()
        try inputPipe.writing.makeNonBlocking()
        try outputPipe.reading.makeNonBlocking()
        try errorPipe.reading.makeNonBlocking()
        let settings = [
            "BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "IdentitiesOnly=yes",
            "ServerAliveInterval=0", "TCPKeepAlive=no", "LogLevel=ERROR",
        ]
        let arguments =
            ["ssh", "-F", "none", "-T"] + settings.flatMap { ["-o", $0] }
            + ["-i", key, "-p", String(port), "-l", user, host, command]
        process = try Self.spawn(
            arguments, standard: (inputPipe.reading.raw, outputPipe.writing.raw, errorPipe.writing.raw))
        let writing = inputPipe.writing
        input = consume writing
        output = outputPipe.reading
        errors = errorPipe.reading
    }

    /// Writes once to the child's standard input.
    package borrowing func write(_ bytes: UnsafeRawBufferPointer) -> FileDescriptor.Transfer {
        switch input {
        case .some(let input): input.write(bytes)
        case .none: .failed(EPIPE)
        }
    }

    /// Ends the child, kindly or else by force, and returns its exit code, or 128 and the signal that ended it.
    package mutating func finish() -> Int32 {
        input = nil
        // A child whose session stands still does not notice the end of its input.
        for attempt in 0..<30 {
            if let code = exitCode(WNOHANG) { return code }
            if attempt == 10 { kill(process, SIGTERM) }
            usleep(100_000)
        }
        kill(process, SIGKILL)
        return exitCode(0) ?? 255
    }

    private func exitCode(_ options: Int32) -> Int32? {
        var status: Int32 = 0
        guard waitpid(process, &status, options) == process else { return nil }
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }

    private static func spawn(_ arguments: [String], standard: (Int32, Int32, Int32)) throws(SystemError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, standard.0, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, standard.1, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, standard.2, STDERR_FILENO)

        // The child must not take over the signals that this process blocks and ignores.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        var broken = none
        sigaddset(&broken, SIGPIPE)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &broken)
        // A group of its own: the terminal's interrupt goes to this process, which then ends the child in order.
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))

        let copies = arguments.map { strdup($0) }
        defer { copies.forEach { free($0) } }
        var process: pid_t = 0
        let code = posix_spawnp(&process, "ssh", &actions, &attributes, copies + [nil], cguest_environment())
        guard code == 0 else { throw SystemError(call: "posix_spawnp", subject: "ssh", code: code) }
        return process
    }
}

/// Both ends of a pipe.
///
/// The child's ends may stay open in it under two numbers; ours must be kept from it.
private struct Pipe: ~Copyable {
    let reading: FileDescriptor
    let writing: FileDescriptor

    init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw SystemError(call: "pipe") }
        reading = FileDescriptor(owning: ends[0])
        writing = FileDescriptor(owning: ends[1])
    }
}
