internal import Glibc
internal import GuestSupport

/// Waiting on one connection, with an eye on the signals that end a client.
enum Waiting {
    /// Why a wait was over.
    enum Wake {
        /// The connection can do what was asked for, or has ended.
        case ready
        /// The client got SIGTERM or SIGINT.
        case signal
        /// The deadline has come, or the wait was interrupted.
        case deadline
    }

    /// Waits until the connection is ready for `events` (of `poll`), a signal comes, or the deadline.
    static func wait(
        _ connection: borrowing FileDescriptor, for events: Int16, signals: borrowing SignalWatch,
        until deadline: UInt64
    ) throws(SystemError) -> Wake {
        var watched = [
            pollfd(fd: connection.raw, events: events, revents: 0),
            pollfd(fd: signals.raw, events: Int16(POLLIN), revents: 0),
        ]
        try Polling.wait(&watched, until: deadline)
        if watched[1].revents != 0 { return .signal }
        return watched[0].revents != 0 ? .ready : .deadline
    }

    /// Connects a non-blocking socket, for as long as the deadline allows.
    ///
    /// - Parameters:
    ///   - connection: The socket.
    ///   - address: Where to connect to.
    ///   - signals: The signals that end the attempt.
    ///   - deadline: Nanoseconds of the monotonic clock.
    /// - Returns: Nil when the connection is up, or why it is not.
    /// - Throws: ``SystemError`` of `poll`.
    static func connect(
        _ connection: borrowing FileDescriptor, to address: SocketAddress, signals: borrowing SignalWatch,
        until deadline: UInt64
    ) throws(SystemError) -> MeasurementEnd? {
        let started = address.withPointer { Glibc.connect(connection.raw, $0, $1) == 0 ? 0 : errno }
        if started == 0 { return nil }
        var code = started
        if started == EINPROGRESS {
            var wake = Wake.deadline
            while wake == .deadline {
                if Clock.monotonic() >= deadline {
                    return .connectFailed("the time was over before the connection to \(address) was up")
                }
                wake = try wait(connection, for: Int16(POLLOUT), signals: signals, until: deadline)
            }
            if wake == .signal { return .connectFailed("a signal came before the connection to \(address) was up") }
            code = SocketOption.takeError(connection)
        }
        if code == 0 { return nil }
        return .connectFailed(SystemError(call: "connect", subject: address.description, code: code).description)
    }
}
