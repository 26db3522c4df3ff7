import ReplicaModel
import Testing

@testable import Heartbeat

/// Who counts as the peer's live session, at one node and between two.
@Suite struct HeartbeatSessionTests {
    private func echo(of milliseconds: UInt64, session: UInt64 = 11) -> Echo {
        Echo(session: session, sendTime: at(milliseconds), heldMicroseconds: 0)
    }

    /// A node that took session 22 at 1000 ms.
    private func pairedNode() throws -> HeartbeatNode {
        var node = try node()
        _ = node.receive(liveDatagram(sequence: 100), path: 0, at: at(1000))
        return node
    }

    @Test func sessionWithoutAnEchoChangesNothingAndIsAnsweredAtOnce() throws {
        var node = try node()
        let before = node.report(at: at(1000))
        let first = peerDatagram(session: 22, sequence: 1, claims: claims(claim(.armed)))
        #expect(node.receive(first, path: 0, at: at(1000)) == .beat)
        node.beginBeat()
        #expect(node.datagram(path: 0, at: at(1000)).echo == Echo(session: 22, sendTime: at(500), heldMicroseconds: 0))
        var after = node.report(at: at(1000))
        #expect(after.refusals[.unprovenSession] == 1)
        after.refusals = before.refusals
        #expect(after == before)
    }

    @Test func echoOfAnotherSessionOfOursIsNoProof() throws {
        var node = try node()
        _ = node.receive(liveDatagram(sequence: 1, echo: echo(of: 900, session: 10)), path: 0, at: at(1000))
        #expect(node.refusals[.unprovenSession] == 1)
        #expect(node.verdict == .unknown)
    }

    @Test func echoOfATimeToComeIsNoProof() throws {
        var node = try node()
        _ = node.receive(liveDatagram(sequence: 1, echo: echo(of: 1001)), path: 0, at: at(1000))
        #expect(node.refusals[.echoOfFuture] == 1)
        #expect(node.report(at: at(1000)).peerSession == nil)
    }

    @Test func provenSessionCountsOnEveryPathAndIsAnsweredAtOnce() throws {
        var node = try node()
        let actions = node.receive(liveDatagram(sequence: 1), path: 0, at: at(1000))
        #expect(actions == [.beat, .report, .verdict])
        #expect(node.verdict == .alive)
        _ = node.receive(liveDatagram(sequence: 2, echo: nil, network: .replication), path: 1, at: at(1001))
        #expect(node.report(at: at(1001)).paths[1].lastHeard == at(1001))
    }

    @Test func restartedPeerIsTakenWithItsFirstProof() throws {
        var node = try pairedNode()
        let first = liveDatagram(session: 23, sequence: 1, echo: nil, claims: claims(claim(.armed)))
        #expect(node.receive(first, path: 0, at: at(1050)) == .beat)
        #expect(node.report(at: at(1050)).peerSession == 22)
        let second = liveDatagram(session: 23, sequence: 2, echo: echo(of: 1050), claims: claims(claim(.armed)))
        #expect(node.receive(second, path: 0, at: at(1051)) == [.beat, .report])
        let report = node.report(at: at(1051))
        #expect(report.peerSession == 23)
        #expect(report.peerClaims == claims(claim(.armed)))
        #expect(report.verdict == .alive)
    }

    @Test func supersededSessionIsRefusedOnEveryPath() throws {
        var node = try pairedNode()
        _ = node.receive(liveDatagram(session: 23, sequence: 1, echo: echo(of: 1010)), path: 0, at: at(1050))
        _ = node.receive(liveDatagram(session: 22, sequence: 101, network: .replication), path: 1, at: at(1060))
        _ = node.receive(liveDatagram(session: 22, sequence: 101), path: 0, at: at(1060))
        #expect(node.refusals[.supersededSession] == 2)
        let report = node.report(at: at(1100))
        #expect(report.peerSession == 23)
        #expect(report.newestHeard == at(1050))
    }

    /// However often the peer was restarted since, a recording never has an echo of what was sent after its end.
    @Test func recordingOfAnOldSessionThatEchoesOurPresentOneIsNoProof() throws {
        var node = try pairedNode()
        let recorded = liveDatagram(session: 22, sequence: 101, echo: echo(of: 1040), claims: claims(claim(.active)))
        for restart: UInt64 in 1...12 {
            let moment = 1000 + restart * 100
            let proof = liveDatagram(session: 22 + restart, sequence: 1, echo: echo(of: moment - 10))
            _ = node.receive(proof, path: 0, at: at(moment))
            #expect(node.report(at: at(moment)).peerSession == 22 + restart)
        }
        #expect(node.receive(recorded, path: 0, at: at(2300)) == .beat)
        #expect(node.report(at: at(2300)).peerSession == 34)
        #expect(node.report(at: at(2300)).peerClaims.isEmpty)
        #expect(node.refusals[.unprovenSession] == 1)
    }

    @Test func recordingsOfASessionOfBeforeOurRestartDoNotHoldAPathUp() throws {
        // Our service started anew; the peer's runs on, and the second path is cut.
        var node = try node()
        let proof = liveDatagram(sequence: 1000, sentAt: at(50_000))
        _ = node.receive(proof, path: 0, at: at(1000))
        for sequence: UInt64 in 1...900 {
            let recorded = liveDatagram(sequence: sequence, sentAt: at(sequence * 50), echo: nil, network: .replication)
            #expect(node.receive(recorded, path: 1, at: at(1001)) == [])
        }
        #expect(node.refusals[.lateOrReplayed] == 900)
        #expect(node.report(at: at(1001)).paths[1].lastHeard == nil)
        #expect(node.report(at: at(1001)).paths[1].late == 900)
    }

    @Test func olderBeatOnAnotherPathDoesNotBringADeadHostBack() throws {
        var node = try pairedNode()
        _ = node.receive(liveDatagram(sequence: 101, network: .replication), path: 1, at: at(1050))
        for moment: UInt64 in stride(from: 1050, through: 1500, by: 50) {
            _ = node.tick(due: at(moment), at: at(moment))
        }
        #expect(node.verdict == .dead(since: at(1450)))
        #expect(node.receive(liveDatagram(sequence: 101), path: 0, at: at(1510)) == [])
        #expect(node.verdict == .dead(since: at(1450)))
        #expect(node.report(at: at(1510)).newestHeard == at(1050))
    }

    @Test func replaysGetFewAnswersAndTheRhythmEchoesThePresentSession() throws {
        var node = try pairedNode()
        var answers = 0
        for sequence: UInt64 in 1...1000 {
            let recorded = liveDatagram(session: 7, sequence: sequence, echo: nil)
            if node.receive(recorded, path: 0, at: at(1010)) == .beat {
                answers += 1
                node.beginBeat()
                #expect(node.datagram(path: 0, at: at(1010)).echo?.session == 7)
            }
        }
        #expect(answers == PendingEchoes.answersPerBeat)
        _ = node.tick(due: at(1050), at: at(1050))
        node.beginBeat()
        #expect(node.datagram(path: 0, at: at(1050)).echo?.session == 22)
        #expect(node.receive(liveDatagram(session: 7, sequence: 1, echo: nil), path: 0, at: at(1060)) == .beat)
    }

    @Test func lateNodeSaysSoAndIsGivenSoMuchLonger() throws {
        var node = try pairedNode()
        _ = node.tick(due: at(1050), at: at(1080))
        #expect(node.datagram(path: 0, at: at(1080)).latenessMicroseconds == 30_000)
        let late = liveDatagram(sequence: 102, latenessMicroseconds: 150_000)
        _ = node.receive(late, path: 0, at: at(1100))
        #expect(node.report(at: at(1100)).peerLateness == 150_000_000)
        for moment: UInt64 in stride(from: 1100, through: 1600, by: 50) {
            _ = node.tick(due: at(moment), at: at(moment))
        }
        #expect(node.verdict.isDead == false)
        _ = node.tick(due: at(1650), at: at(1650))
        #expect(node.verdict == .dead(since: at(1650)))
    }

    /// Carries a beat of one node to the other on one path, and every beat that this causes; returns how many it took.
    private func carry(_ nodes: inout [HeartbeatNode], from sender: Int, at now: UInt64) -> Int {
        nodes[sender].beginBeat()
        let datagram = nodes[sender].datagram(path: 0, at: at(now))
        let actions = nodes[1 - sender].receive(datagram, path: 0, at: at(now + 1))
        guard actions.contains(.beat) else { return 1 }
        return 1 + carry(&nodes, from: 1 - sender, at: now + 1)
    }

    @Test(arguments: [0, 1]) func oneRoundTripPairsTwoServicesThatStart(first: Int) throws {
        var nodes = [try node(), try node("beta", "alpha", session: 22)]
        // The beat, its answer with the proof, the beat that proves the other way, and one that says so.
        #expect(carry(&nodes, from: first, at: 1000) <= 4)
        #expect(nodes.map(\.verdict) == [.alive, .alive])
    }

    @Test(arguments: [0, 1]) func oneRoundTripTakesARestartedServiceBackWhoeverBeatsFirst(first: Int) throws {
        var nodes = [try node(), try node("beta", "alpha", session: 22)]
        _ = carry(&nodes, from: 0, at: 1000)
        nodes[1] = try node("beta", "alpha", session: 23)
        _ = carry(&nodes, from: first, at: 1100)
        #expect(nodes.map(\.verdict) == [.alive, .alive])
        #expect(nodes[0].report(at: at(1110)).peerSession == 23)
        #expect(nodes[1].report(at: at(1110)).peerSession == 11)
    }
}
