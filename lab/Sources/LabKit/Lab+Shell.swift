import Foundation

extension Lab {
    /// Runs a shell command on a host as root.
    ///
    /// - Parameters:
    ///   - host: The host.
    ///   - script: The command, for the host's shell.
    ///   - timeout: How long it may take; `nil` waits for ever.
    /// - Returns: What it wrote to standard output, without the last line's end.
    /// - Throws: ``LabError`` with cause `commandFailed`, `hostOff`, `hostFrozen` or `timedOut`.
    @discardableResult
    public func shell(_ host: HostName, _ script: String, timeout: Duration? = nil) throws(LabError) -> String {
        let result = try attemptShell(host, script, timeout: timeout)
        guard result.status == 0 else {
            throw LabError(
                .commandFailed, attempt: "run `\(script)` on \(host)",
                outcome: "status \(result.status), \(result.errors)\(result.output)"
                    .trimmingCharacters(in: .whitespacesAndNewlines))
        }
        return result.output.hasSuffix("\n") ? String(result.output.dropLast()) : result.output
    }

    /// Runs a shell command on a host as root, whatever its status will be.
    ///
    /// - Parameters:
    ///   - host: The host.
    ///   - script: The command, for the host's shell.
    ///   - timeout: How long it may take; `nil` waits for ever.
    /// - Returns: The status, 255 if the connection broke, and what it wrote.
    /// - Throws: ``LabError`` with cause `hostOff`, `hostFrozen` or `timedOut`.
    public func attemptShell(
        _ host: HostName, _ script: String, timeout: Duration? = nil
    ) throws(LabError) -> CommandResult {
        try requireShell(host)
        var command = secureShell(host, [script])
        command.timeout = timeout
        return try command.attempt()
    }

    /// Copies files and folders to a host.
    ///
    /// Files that are there are replaced, not overwritten: a program may run meanwhile.
    ///
    /// - Parameters:
    ///   - host: The host.
    ///   - files: Paths on this machine. Only the last part of each is kept.
    ///   - directory: The folder on the host. Made if needed.
    /// - Throws: ``LabError`` with cause `commandFailed`, `hostOff` or `hostFrozen`.
    public func push(_ host: HostName, _ files: [String], to directory: String) throws(LabError) {
        try requireShell(host)
        let archive = "\(layout.run)/push-\(host)-\(getpid()).tar.gz"
        defer { unlink(archive) }
        // An emulated host takes longer to decrypt a byte than to unpack it.
        var words = ["tar", "--create", "--gzip", "--file", archive, "--owner=0", "--group=0"]
        for file in files {
            let path = URL(fileURLWithPath: file).standardizedFileURL
            words += ["--directory", path.deletingLastPathComponent().path, path.lastPathComponent]
        }
        try Command(words).run()
        let quoted = Self.quoted(directory)
        var command = secureShell(host, ["mkdir -p \(quoted) && tar -xzf - -C \(quoted)"])
        command.input = .file(archive)
        try command.run()
    }

    /// Becomes an ssh session on a host, with the caller's terminal and exit status.
    ///
    /// - Parameters:
    ///   - host: The host.
    ///   - words: The command; empty opens a login shell.
    /// - Returns: Never, if it works.
    /// - Throws: ``LabError`` with cause `hostOff`, `hostFrozen` or `timedOut`.
    public func becomeShell(_ host: HostName, _ words: [String]) throws(LabError) -> Never {
        try requireShell(host)
        try secureShell(host, words).replaceProcess()
    }

    /// Checks that the host runs, and waits for it if it is still booting.
    func requireShell(_ host: HostName) throws(LabError) {
        _ = try requireRunning(host, attempt: "run a command on \(host)")
        if !Files.exists(layout.controlSocket(host)) { try waitUntilUp(host) }
    }

    /// Ends the shared connection to a host that is gone.
    func closeShell(_ host: HostName) throws(LabError) {
        guard Files.exists(layout.controlSocket(host)) else { return }
        _ = try Command(["ssh", "-o", "ControlPath=\(layout.controlSocket(host))", "-O", "exit", "\(host)"]).attempt()
        unlink(layout.controlSocket(host))
    }

    /// The ssh command line.
    ///
    /// The first one to a host opens a connection that the later ones share.
    func secureShell(
        _ host: HostName, connectTimeout: Int = 10, order: [String] = [], _ words: [String]
    ) -> Command {
        let options = [
            "BatchMode=yes", "LogLevel=ERROR", "IdentitiesOnly=yes", "IdentityFile=\(layout.sshKey)",
            "UserKnownHostsFile=\(layout.knownHosts)", "ControlMaster=auto", "ControlPersist=yes",
            "ControlPath=\(layout.controlSocket(host))", "ConnectTimeout=\(connectTimeout)",
            // What an earlier connection left.
            "StreamLocalBindUnlink=yes",
            // A frozen host keeps its connections for a minute.
            "ServerAliveInterval=15", "ServerAliveCountMax=4",
        ]
        let destination = "root@\(host.address(on: .management))"
        return Command(
            Self.inNamespace(["ssh", "-F", "none"] + options.flatMap { ["-o", $0] } + order + [destination] + words))
    }

    /// Quotes a word for a shell.
    ///
    /// - Parameter word: Any text.
    /// - Returns: The text in single quotes.
    public static func quoted(_ word: String) -> String {
        "'" + word.replacingOccurrences(of: "'", with: "'\\''") + "'"
    }
}
