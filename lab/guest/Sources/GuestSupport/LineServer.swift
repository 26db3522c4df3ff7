internal import Glibc

/// A single-threaded TCP server for line protocols over IPv4 and IPv6, with bounded memory for each client.
///
/// A client that does not read is held back, not buffered: while its output waits, its input stays unread, and the
/// services ask ``isBlocked(_:)`` before they send unasked.
package final class LineServer {
    /// Names one connection during its life; numbers are not used again.
    package typealias ConnectionID = UInt64

    /// What happened on the server.
    package enum Event: Equatable {
        /// A client has connected.
        case opened(ConnectionID)
        /// A client has sent this line.
        case line(ConnectionID, String)
        /// The connection is gone.
        case closed(ConnectionID)
    }

    /// The most clients at a time; others wait in the kernel's queue.
    package static let maximumConnections = 64
    private static let readSize = 1024
    private static let socketBufferBytes: Int32 = 64 * 1024

    private let listener: FileDescriptor
    private var connections: [ConnectionID: Connection] = [:]
    private var lastConnection: ConnectionID = 0

    /// The port that the server listens on.
    package let port: UInt16

    /// Listens on all addresses, IPv6 and IPv4 alike; on IPv4 alone where the kernel has no IPv6.
    ///
    /// - Parameter port: The TCP port, or 0 for any free one.
    /// - Throws: ``SystemError`` of the socket call that failed, for example `EADDRINUSE` of `bind`.
    package init(port: UInt16) throws(SystemError) {
        do {
            listener = try Self.listen(on: .any(.version6, port: port))
        } catch  where error.code == EAFNOSUPPORT || error.code == EADDRNOTAVAIL {
            listener = try Self.listen(on: .any(.version4, port: port))
        }
        self.port = try SocketAddress.local(of: listener).port
    }

    private static func listen(on address: SocketAddress) throws(SystemError) -> FileDescriptor {
        let descriptor = try address.makeStreamSocket()
        try SocketOption.set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1, name: "SO_REUSEADDR")
        if address.family == .version6 {
            try SocketOption.set(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 0, name: "IPV6_V6ONLY")
        }
        // Set on the listener: accepted sockets take the size over, and it bounds what the kernel keeps for a client.
        try SocketOption.set(descriptor, SOL_SOCKET, SO_SNDBUF, socketBufferBytes, name: "SO_SNDBUF")
        guard address.withPointer({ bind(descriptor.raw, $0, $1) }) == 0 else {
            throw SystemError(call: "bind", subject: address.description)
        }
        guard Glibc.listen(descriptor.raw, 16) == 0 else {
            throw SystemError(call: "listen", subject: address.description)
        }
        return descriptor
    }

    /// True when earlier output for this client still waits, or the connection is gone: send nothing unasked.
    package func isBlocked(_ id: ConnectionID) -> Bool {
        connections[id]?.isBlocked ?? true
    }

    /// Sends `text`; what the kernel does not take now is kept and sent later.
    package func send(_ text: String, to id: ConnectionID) {
        connections[id]?.send(text)
    }

    /// Waits for events until `deadline`, and returns at most one line a connection.
    ///
    /// - Parameter deadline: Nanoseconds of the monotonic clock, or nil to wait without end.
    /// - Returns: The events; empty when the deadline came first, or only parts of lines were moved.
    /// - Throws: ``SystemError`` of `poll`.
    package func wait(until deadline: UInt64?) throws(SystemError) -> [Event] {
        let ids = Array(connections.keys)
        var watched = [pollfd(fd: listener.raw, events: Int16(POLLIN), revents: 0)]
        if connections.count >= Self.maximumConnections { watched[0].events = 0 }
        var workIsLeft = false
        for id in ids {
            guard let connection = connections[id] else { continue }
            watched.append(pollfd(fd: connection.descriptor.raw, events: connection.interest, revents: 0))
            workIsLeft = workIsLeft || connection.hasWork
        }
        try Polling.wait(&watched, until: workIsLeft ? 0 : deadline)
        var events: [Event] = []
        for (id, entry) in zip(ids, watched.dropFirst()) {
            guard let connection = connections[id] else { continue }
            connection.serve(entry.revents, readSize: Self.readSize)
            if let line = connection.nextLine() {
                // The answer is still to come, so the connection is not looked at for its end before the next wait.
                events.append(.line(id, line))
            } else if connection.isFinished {
                connections[id] = nil
                events.append(.closed(id))
            }
        }
        if watched[0].revents != 0 { acceptClients(&events) }
        return events
    }

    private func acceptClients(_ events: inout [Event]) {
        while connections.count < Self.maximumConnections {
            let raw = accept(listener.raw, nil, nil)
            // Whatever the cause (none waiting, client gone already, out of descriptors), the next poll asks again.
            guard raw >= 0 else { return }
            let descriptor = FileDescriptor(owning: raw)
            // Each line goes out at once: a scenario measures when it arrives.
            guard (try? descriptor.makeNonBlocking()) != nil,
                (try? SocketOption.set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1, name: "TCP_NODELAY")) != nil
            else { continue }
            lastConnection += 1
            connections[lastConnection] = Connection(descriptor)
            events.append(.opened(lastConnection))
        }
    }
}

/// One client of a ``LineServer``.
private final class Connection {
    let descriptor: FileDescriptor
    private var input = LineBuffer()
    private var output: [UInt8] = []
    private var inputHasEnded = false
    private var isBroken = false

    init(_ descriptor: consuming FileDescriptor) {
        self.descriptor = descriptor
    }

    /// True while output waits for the client to read.
    var isBlocked: Bool { isBroken || !output.isEmpty }

    /// True when the next call of `serve` has something to do whatever `poll` says.
    var hasWork: Bool { isFinished || (!isBlocked && input.hasLine) }

    /// True when nothing can or need be done on the connection any more.
    var isFinished: Bool { isBroken || (inputHasEnded && output.isEmpty && !input.hasLine) }

    /// What to ask `poll` for; a blocked client's input is left in the kernel.
    var interest: Int16 {
        if !output.isEmpty { return Int16(POLLOUT) }
        return inputHasEnded || input.room == 0 ? 0 : Int16(POLLIN)
    }

    func serve(_ happened: Int16, readSize: Int) {
        if happened & Int16(POLLOUT) != 0 { flush() }
        if happened & Int16(POLLIN) != 0 { receive(atMost: min(readSize, input.room)) }
        if happened & Int16(POLLERR | POLLHUP) != 0 && happened & Int16(POLLIN) == 0 { isBroken = true }
    }

    func nextLine() -> String? {
        isBlocked ? nil : input.nextLine()
    }

    func send(_ text: String) {
        output.append(contentsOf: text.utf8)
        flush()
    }

    private func receive(atMost count: Int) {
        let (transfer, bytes) = descriptor.readBytes(atMost: count)
        switch transfer {
        case .bytes:
            input.append(bytes)
            isBroken = input.isOverlong
        case .wouldBlock: break
        case .end: inputHasEnded = true
        case .failed: isBroken = true
        }
    }

    private func flush() {
        while !output.isEmpty && !isBroken {
            switch output.withUnsafeBytes({ SocketOption.send(descriptor, $0) }) {
            case .bytes(let sent): output.removeFirst(sent)
            case .wouldBlock: return
            case .end, .failed: isBroken = true
            }
        }
    }
}
