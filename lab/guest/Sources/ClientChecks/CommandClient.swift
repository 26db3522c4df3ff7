internal import Glibc
package import GuestSupport

/// Sends one command line to a service of the guest, and waits for the one line that answers it.
package enum CommandClient {
    /// No answer came.
    package struct NoAnswer: Error, CustomStringConvertible {
        package let description: String
    }

    /// Asks and waits.
    ///
    /// - Parameters:
    ///   - address: The service.
    ///   - command: The line, without its end.
    ///   - duration: How long to wait for the connection and the answer together, in nanoseconds.
    /// - Returns: The answer, without its line end.
    /// - Throws: ``NoAnswer`` when the time is over or the connection fails, ``SystemError`` for local failures.
    package static func ask(_ address: SocketAddress, _ command: String, duration: UInt64) throws -> String {
        let signals = try SignalWatch()
        let deadline = Clock.monotonic() + duration
        let connection = try address.makeStreamSocket()
        if let end = try Waiting.connect(connection, to: address, signals: signals, until: deadline) {
            throw NoAnswer(description: end.reason ?? end.word)
        }
        // One short line into a fresh connection: the kernel takes it whole.
        guard case .bytes = Array("\(command)\n".utf8).withUnsafeBytes({ SocketOption.send(connection, $0) }) else {
            throw NoAnswer(description: "the command could not be sent to \(address)")
        }
        var input = LineBuffer()
        while Clock.monotonic() < deadline {
            switch try Waiting.wait(connection, for: Int16(POLLIN), signals: signals, until: deadline) {
            case .signal: throw NoAnswer(description: "a signal came before the answer of \(address)")
            case .deadline: continue
            case .ready: break
            }
            let (transfer, bytes) = connection.readBytes(atMost: max(input.room, 1))
            guard case .bytes = transfer, input.room > 0 else {
                throw NoAnswer(description: "the connection to \(address) ended before the answer")
            }
            input.append(bytes)
            if let line = input.nextLine() { return line }
        }
        throw NoAnswer(description: "no answer of \(address) to \(command) in \(duration / 1_000_000_000) s")
    }
}
