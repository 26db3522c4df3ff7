import ReplicaModel
import Testing

@testable import Heartbeat

extension PathMonitor {
    /// A datagram that is the newest beat on any path.
    fileprivate mutating func receive(
        _ datagram: HeartbeatDatagram, ownSession: UInt64, at now: MonotonicTime
    ) throws(DatagramRefusal) {
        try receive(datagram, ownSession: ownSession, at: now, heardAt: now)
    }
}

@Suite struct PathMonitorTests {
    private let own: UInt64 = 11

    private func echo(of milliseconds: UInt64, held: UInt32 = 0, session: UInt64 = 11) -> Echo {
        Echo(session: session, sendTime: at(milliseconds), heldMicroseconds: held)
    }

    @Test func gapsAreCounted() throws {
        var monitor = PathMonitor()
        for sequence: UInt64 in [5, 6, 9, 10] {
            try monitor.receive(peerDatagram(sequence: sequence), ownSession: own, at: at(1000 + sequence))
        }
        #expect(monitor.received == 4)
        #expect(monitor.missed == 2)
        #expect(monitor.lastHeard == at(1010))
    }

    @Test func lateAndRepeatedDatagramsSayNothing() throws {
        var monitor = PathMonitor()
        try monitor.receive(peerDatagram(sequence: 8, echo: echo(of: 900)), ownSession: own, at: at(1000))
        for sequence: UInt64 in [8, 7] {
            let late = peerDatagram(sequence: sequence, sentAt: at(9999), echo: echo(of: 990))
            #expect(throws: DatagramRefusal.lateOrReplayed) { try monitor.receive(late, ownSession: own, at: at(1100)) }
        }
        #expect(monitor.late == 2)
        #expect(monitor.lastHeard == at(1000))
        #expect(monitor.lastEcho == at(900))
        #expect(monitor.echo(at: at(1100))?.sendTime == at(500))
    }

    @Test func olderBeatOfASlowPathIsHeardWhenTheNewerOneWas() throws {
        var monitor = PathMonitor()
        try monitor.receive(peerDatagram(sequence: 1, sentAt: at(77)), ownSession: own, at: at(1000), heardAt: at(990))
        #expect(monitor.lastHeard == at(990))
        // How long the echo was held counts from when it came.
        #expect(monitor.echo(at: at(1020))?.heldMicroseconds == 20_000)
    }

    @Test func sequenceMayJumpAsFarAsItLikes() throws {
        var monitor = PathMonitor()
        for session: UInt64 in 1...3 {
            try monitor.receive(peerDatagram(session: session, sequence: 1), ownSession: own, at: at(1000))
            try monitor.receive(peerDatagram(session: session, sequence: .max), ownSession: own, at: at(1000))
        }
        #expect(monitor.received == 6)
    }

    @Test func echoOfAnotherSessionOfOursIsPassedOver() throws {
        var monitor = PathMonitor()
        let datagram = peerDatagram(sequence: 1, echo: echo(of: 900_000, session: 10))
        try monitor.receive(datagram, ownSession: own, at: at(1000))
        #expect(monitor.lastHeard == at(1000))
        #expect(monitor.lastEcho == nil)
    }

    @Test func echoOfATimeToComeIsRefused() {
        var monitor = PathMonitor()
        let datagram = peerDatagram(sequence: 1, echo: echo(of: 1001))
        #expect(throws: DatagramRefusal.echoOfFuture) {
            try monitor.receive(datagram, ownSession: own, at: at(1000))
        }
        #expect(monitor == PathMonitor())
    }

    @Test func echoNeverGoesBack() throws {
        var monitor = PathMonitor()
        try monitor.receive(peerDatagram(sequence: 1, echo: echo(of: 900)), ownSession: own, at: at(1000))
        try monitor.receive(peerDatagram(session: 23, sequence: 1, echo: echo(of: 800)), ownSession: own, at: at(1001))
        #expect(monitor.lastEcho == at(900))
    }

    @Test func roundTripLeavesOutTheTimeAtThePeer() throws {
        var monitor = PathMonitor()
        for sequence: UInt64 in 1...5 {
            let datagram = peerDatagram(sequence: sequence, echo: echo(of: sequence * 100, held: 30_000))
            try monitor.receive(datagram, ownSession: own, at: at(sequence * 100 + 32))
        }
        #expect(monitor.roundTrip == 2_000_000)
    }

    @Test func ownEchoNamesThePeersSessionAndTheTimeHeld() throws {
        var monitor = PathMonitor()
        #expect(monitor.echo(at: at(5)) == nil)
        try monitor.receive(peerDatagram(sequence: 1, sentAt: at(77)), ownSession: own, at: at(1000))
        #expect(monitor.echo(at: at(1020)) == Echo(session: 22, sendTime: at(77), heldMicroseconds: 20_000))
        #expect(monitor.echo(at: at(100_000_000))?.heldMicroseconds == .max)
    }
}
