import ReplicaControl
import ReplicaModel
import SystemKit
import Testing

@Suite struct TCPTransportTests {
    @Test(arguments: ["127.0.0.1", "::1"]) func carriesBytesBothWays(host: String) throws {
        let pair = try LoopbackPair(host: host)
        try pair.primary.send([1, 2, 3])
        #expect(try pair.backup.receive(3) == [1, 2, 3])
        try pair.backup.send([4, 5])
        #expect(try pair.primary.receive(1) == [4])
        #expect(try pair.primary.receive(1) == [5])
        #expect(pair.backup.peer.hasPrefix(host == "::1" ? "[::1]:" : "127.0.0.1:"))
    }

    @Test func listensOnBothFamiliesAtOnce() throws {
        let listener = try TCPListener(host: "::", port: 0, userTimeout: LoopbackPair.patience)
        for host in ["127.0.0.1", "::1"] {
            let client = try TCPTransport.connect(
                host: host, port: listener.port, timeout: LoopbackPair.patience, userTimeout: LoopbackPair.patience)
            try client.send([9])
            #expect(try listener.accept().receive(1) == [9])
        }
    }

    @Test func sendsAHeaderAndAPayloadThatLieApart() throws {
        let pair = try LoopbackPair()
        let header: [UInt8] = [1, 2, 3]
        let payload = [UInt8]((0..<8_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        let backup = pair.backup
        let reader = try Background { try? backup.receive(payload.count + 3) }
        try header.withUnsafeBytes { first in
            try payload.withUnsafeBytes { try pair.primary.send(first, $0, timeout: LoopbackPair.patience) }
        }
        #expect(reader.wait() == header + payload)
    }

    @Test func tellsTheEndOfTheConnection() throws {
        let pair = try LoopbackPair()
        try pair.primary.send([1, 2])
        pair.primary.shutdown()
        #expect(TransportError.thrown { () throws(TransportError) in _ = try pair.backup.receive(3) } == .closed)
        #expect(TransportError.thrown { () throws(TransportError) in try pair.primary.send([3]) } == .stopped)
    }

    @Test func receivesAfterItFinishedSending() throws {
        let pair = try LoopbackPair()
        pair.primary.finishSending()
        #expect(TransportError.thrown { () throws(TransportError) in _ = try pair.backup.receive(1) } == .closed)
        try pair.backup.send([7])
        #expect(try pair.primary.receive(1) == [7])
    }

    @Test func tellsNothingAtAllFromTooLittle() throws {
        let pair = try LoopbackPair()
        let nothing = TransportError.thrown { () throws(TransportError) in
            _ = try pair.backup.receive(2, timeout: 1)
        }
        #expect(nothing == .timedOut)
        try pair.primary.send([1])
        let little = TransportError.thrown { () throws(TransportError) in
            _ = try pair.backup.receive(2, timeout: 1)
        }
        // Where the byte is slower than the timeout, nothing has come yet.
        #expect(little == .stalled || little == .timedOut)
    }

    @Test func givesUpSendingToAPeerThatDoesNotRead() throws {
        let pair = try LoopbackPair()
        let payload = [UInt8](repeating: 1, count: 64 * 1024 * 1024)
        #expect(
            TransportError.thrown { () throws(TransportError) in try pair.primary.send(payload, timeout: 50) }
                == .stalled)
    }

    @Test func shutdownWakesAReceiver() throws {
        for _ in 0..<50 {
            let pair = try LoopbackPair()
            let backup = pair.backup
            let reader = try Background {
                TransportError.thrown { () throws(TransportError) in _ = try backup.receive(1, timeout: nil) }
            }
            backup.shutdown()
            #expect(reader.wait() == .stopped)
        }
    }

    @Test func shutdownWakesASender() throws {
        let pair = try LoopbackPair()
        let primary = pair.primary
        let started = Flag()
        let writer = try Background {
            let payload = [UInt8](repeating: 1, count: 64 * 1024 * 1024)
            started.raise()
            return TransportError.thrown { () throws(TransportError) in try primary.send(payload) }
        }
        started.waitUntilRaised()
        primary.shutdown()
        #expect(writer.wait() == .stopped)
    }

    @Test func stopWakesAListener() throws {
        for _ in 0..<50 {
            let listener = try TCPListener(host: "127.0.0.1", port: 0, userTimeout: LoopbackPair.patience)
            let acceptor = try Background {
                TransportError.thrown { () throws(TransportError) in _ = try listener.accept() }
            }
            listener.stop()
            #expect(acceptor.wait() == .stopped)
        }
    }

    @Test func saysThatNobodyListens() throws {
        // A port that was just given back.
        let port = try TCPListener(host: "127.0.0.1", port: 0, userTimeout: LoopbackPair.patience).port
        let error = TransportError.thrown { () throws(TransportError) in
            _ = try TCPTransport.connect(
                host: "127.0.0.1", port: port, timeout: LoopbackPair.patience, userTimeout: LoopbackPair.patience)
        }
        #expect(
            error
                == .unreachable(peer: "127.0.0.1 port \(port)", reason: "connect: Connection refused"))
        #expect(error?.description.contains("firewall") == true)
    }

    @Test func saysThatAnAddressIsTaken() throws {
        let first = try TCPListener(host: "127.0.0.1", port: 0, userTimeout: LoopbackPair.patience)
        let error = TransportError.thrown { () throws(TransportError) in
            _ = try TCPListener(host: "127.0.0.1", port: first.port, userTimeout: LoopbackPair.patience)
        }
        guard case .system(let cause) = error else {
            Issue.record("the address is taken, and the error is \(String(describing: error))")
            return
        }
        #expect(cause.call == "bind on 127.0.0.1 port \(first.port)")
    }

    @Test func refusesAnAddressThatIsNone() {
        let error = TransportError.thrown { () throws(TransportError) in
            _ = try TCPListener(host: "not an address", port: 0, userTimeout: LoopbackPair.patience)
        }
        guard case .unreachable(let peer, _) = error else {
            Issue.record("the error is \(String(describing: error))")
            return
        }
        #expect(peer == "not an address port 0")
    }
}
