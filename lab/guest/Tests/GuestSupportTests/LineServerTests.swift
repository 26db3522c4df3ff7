internal import Glibc
internal import GuestSupport
internal import Testing

@Suite struct LineServerTests {
    /// A connection to `server` over the loopback interface.
    private func connect(to server: LineServer) throws -> FileDescriptor {
        let address = try #require(SocketAddress(numeric: "127.0.0.1", port: server.port))
        let client = try address.makeStreamSocket()
        let result = address.withPointer { Glibc.connect(client.raw, $0, $1) == 0 ? 0 : errno }
        #expect(result == 0 || result == EINPROGRESS)
        return client
    }

    /// Serves until `count` events have come, or a second has passed.
    private func events(
        _ count: Int, of server: LineServer, answer: (LineServer.ConnectionID, String) -> Void = { _, _ in }
    )
        throws -> [LineServer.Event]
    {
        let deadline = Clock.monotonic() + 1_000_000_000
        var all: [LineServer.Event] = []
        while all.count < count && Clock.monotonic() < deadline {
            let events = try server.wait(until: deadline)
            for case .line(let id, let line) in events { answer(id, line) }
            all += events
        }
        return all
    }

    private func send(_ text: String, over client: borrowing FileDescriptor) {
        let bytes = Array(text.utf8)
        let transfer = bytes.withUnsafeBytes { SocketOption.send(client, $0) }
        #expect(transfer == .bytes(bytes.count))
    }

    @Test func answersAllLinesOfAClientThatHasStoppedSending() throws {
        let server = try LineServer(port: 0)
        let client = try connect(to: server)
        let opened = try events(1, of: server)
        #expect(opened == [.opened(1)])
        send("one\ntwo\nthree", over: client)
        shutdown(client.raw, Int32(SHUT_WR))
        let rest = try events(3, of: server) { server.send("got \($1)\n", to: $0) }
        #expect(rest == [.line(1, "one"), .line(1, "two"), .closed(1)])
        let (_, answers) = client.readBytes(atMost: 100)
        #expect(String(decoding: answers, as: UTF8.self) == "got one\ngot two\n")
    }

    @Test func holdsAClientBackThatDoesNotRead() throws {
        let server = try LineServer(port: 0)
        let client = try connect(to: server)
        _ = try events(1, of: server)
        let text = String(repeating: "x", count: 10_000)
        var sends = 0
        // The kernel's buffers grow for a while: the client is blocked once a pause does not help any more.
        while !server.isBlocked(1) && sends < 10_000 {
            server.send(text, to: 1)
            sends += 1
            if server.isBlocked(1) { _ = try server.wait(until: Clock.monotonic() + 200_000_000) }
        }
        #expect(server.isBlocked(1))
        send("a command\n", over: client)
        let whileBlocked = try events(1, of: server)
        #expect(whileBlocked == [])

        var received = 0
        var line: [LineServer.Event] = []
        let deadline = Clock.monotonic() + 10_000_000_000
        while line.isEmpty && Clock.monotonic() < deadline {
            if case (.bytes(let count), _) = client.readBytes(atMost: 65_536) { received += count }
            line = try server.wait(until: Clock.monotonic() + 1_000_000)
        }
        #expect(line == [.line(1, "a command")])
        while case (.bytes(let count), _) = client.readBytes(atMost: 65_536) { received += count }
        #expect(received == sends * text.utf8.count)
    }

    @Test func closesAConnectionWhoseLineIsTooLong() throws {
        let server = try LineServer(port: 0)
        let client = try connect(to: server)
        _ = try events(1, of: server)
        send(String(repeating: "a", count: 10_000), over: client)
        let closed = try events(1, of: server)
        #expect(closed == [.closed(1)])
    }
}
