import Foundation

extension Lab {
    /// Asks a service of a host that listens on a unix socket.
    ///
    /// The question goes through the shared connection to the host, without a process there: starting one keeps an
    /// emulated processor busy for most of a second, and whoever asks again and again slows down what he looks at.
    ///
    /// - Parameters:
    ///   - host: The host.
    ///   - path: The socket's path on the host; its last part tells it from the host's other sockets.
    ///   - line: The question, without its line feed.
    ///   - timeout: How long the answer may take.
    /// - Returns: The answer's first line; `nil` if the service does not listen, or hangs up first.
    /// - Throws: ``LabError`` with cause `hostOff`, `hostFrozen` or `timedOut`.
    func ask(_ host: HostName, socket path: String, _ line: String, timeout: Duration) throws(LabError) -> [UInt8]? {
        try requireShell(host)
        let end = layout.forwardedSocket(host, URL(fileURLWithPath: path).lastPathComponent)
        var connection = try? LineConnection(path: end, timeout: timeout)
        if connection == nil {
            // Nobody has asked this host since it came up.
            try forward(host, path, to: end)
            connection = try? LineConnection(path: end, timeout: timeout)
        }
        do throws(LineConnection.Failure) {
            try connection?.send(line.utf8)
            return try connection?.nextLine()
        } catch {
            guard case .silent = error else { return nil }
            throw LabError(.timedOut, attempt: "ask \(path) on \(host)", outcome: "no answer came within \(timeout)")
        }
    }

    /// Has the shared connection listen here for a socket of a host.
    private func forward(_ host: HostName, _ path: String, to end: String) throws(LabError) {
        let command = secureShell(host, order: ["-O", "forward", "-L", "\(end):\(path)"], [])
        guard try command.attempt().status != 0 else { return }
        // The shared connection has broken: a command makes a new one.
        _ = try attemptShell(host, "true", timeout: .seconds(60))
        _ = try command.attempt()
    }
}
