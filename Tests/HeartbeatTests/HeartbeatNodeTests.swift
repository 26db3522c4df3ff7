import ReplicaModel
import Testing

@testable import Heartbeat

@Suite struct HeartbeatNodeTests {
    @Test func refusalsAreCounted() throws {
        var node = try node()
        node.refuse(.magic)
        node.refuse(.authentication)
        node.refuse(.authentication)
        #expect(node.report(at: at(1000)).refusals[.magic] == 1)
        #expect(node.report(at: at(1000)).refusals[.authentication] == 2)
        #expect(node.report(at: at(1000)).verdict == .unknown)
    }

    @Test func newestBeatSpeaksWhicheverPathItTook() throws {
        var node = try node()
        let older = liveDatagram(sequence: 4, claims: claims(claim(.armed)))
        let newer = liveDatagram(sequence: 5, network: .replication, claims: claims(claim(.activating)))
        _ = node.receive(newer, path: 1, at: at(1000))
        // The slow path brings the beat before; it is a sign of life of when the newer one came, and takes nothing back.
        _ = node.receive(older, path: 0, at: at(1010))
        let report = node.report(at: at(1010))
        #expect(report.peerClaims == claims(claim(.activating)))
        #expect(report.paths[0].lastHeard == at(1000))
        #expect(node.refusals[.lateOrReplayed] == 0)
    }

    @Test func changesAreReportedAtOnceAndEpochsAtTheNextBeat() throws {
        var node = try node()
        let first = node.receive(liveDatagram(sequence: 1, claims: claims(claim(.receiving))), path: 0, at: at(1000))
        #expect(first == [.beat, .report, .verdict])
        let same = liveDatagram(sequence: 2, claims: claims(claim(.receiving, epoch: 100)))
        #expect(node.receive(same, path: 0, at: at(1050)) == [])
        let armed = liveDatagram(sequence: 3, claims: claims(claim(.armed, epoch: 101)))
        #expect(node.receive(armed, path: 0, at: at(1100)) == .report)
        let alone = liveDatagram(sequence: 4, flags: .claimsStale, claims: claims(claim(.armed, epoch: 101)))
        #expect(node.receive(alone, path: 0, at: at(1150)) == .report)
        let report = node.report(at: at(1150))
        #expect(report.peerControllerConnected == false)
        #expect(report.peerClaimsStale)
        #expect(report.peerCarriers == NetworkCarriers(lan: true, replication: false))
    }

    @Test func ownClaimsAreSentAtOnceAndConfirmed() throws {
        var node = try node()
        #expect(node.controllerConnected() == [.beat, .report])
        #expect(node.apply(claims(claim(.protecting)), serial: 7) == [.beat, .report])
        #expect(node.report(at: at(1)).claimsSerial == 7)
        #expect(node.apply(claims(claim(.protecting, epoch: 100)), serial: 8) == [])
        let datagram = node.datagram(path: 1, at: at(1))
        #expect(datagram.claims == claims(claim(.protecting, epoch: 100)))
        #expect(datagram.flags == .controllerConnected)
        #expect(datagram.network == .replication)
    }

    @Test func claimsOfADeadControllerAreSentAsStale() throws {
        var node = try node()
        _ = node.controllerConnected()
        _ = node.apply(claims(claim(.protecting)), serial: 7)
        #expect(node.controllerLost() == .beat)
        #expect(node.datagram(path: 0, at: at(1)).flags == .claimsStale)
        #expect(node.datagram(path: 0, at: at(1)).claims == claims(claim(.protecting)))
        // The next controller counts from the beginning: nothing of the old one is confirmed to it.
        _ = node.controllerConnected()
        #expect(node.report(at: at(2)).claimsSerial == 0)
        #expect(node.datagram(path: 0, at: at(2)).flags == [.controllerConnected, .claimsStale])
        #expect(node.apply(claims(claim(.protecting)), serial: 1) == [.beat, .report])
        #expect(node.datagram(path: 0, at: at(3)).flags == .controllerConnected)
    }

    @Test func carriersAreSentForEachNetwork() throws {
        var node = try node()
        #expect(node.datagram(path: 0, at: at(1)).carriers == NetworkCarriers(lan: false, replication: false))
        #expect(node.carrierChanged(path: 1, hasCarrier: true) == [.beat, .report])
        #expect(node.carrierChanged(path: 1, hasCarrier: true) == [])
        #expect(node.datagram(path: 0, at: at(1)).carriers == NetworkCarriers(lan: false, replication: true))
        #expect(node.report(at: at(1)).paths.map(\.localCarrier) == [false, true])
    }

    @Test func networkWithoutAWatchedInterfaceSaysNothing() throws {
        var configuration = pairConfiguration(own: "alpha", peer: "beta")
        configuration.paths[0].carrierInterface = ""
        let node = try HeartbeatNode(configuration: configuration, session: 11, startedAt: at(0))
        #expect(node.datagram(path: 0, at: at(1)).carriers == NetworkCarriers(lan: nil, replication: false))
        #expect(node.report(at: at(1)).paths.map(\.localCarrier) == [true, false])
    }

    @Test func orderlyEndIsSaid() throws {
        var node = try node()
        #expect(node.shutDown() == .beat)
        #expect(node.datagram(path: 0, at: at(1)).flags == .shuttingDown)
    }

    @Test func beatHasOneNumberOnAllPaths() throws {
        var node = try node()
        node.beginBeat()
        #expect(node.datagram(path: 0, at: at(1)).sequence == 1)
        #expect(node.datagram(path: 1, at: at(2)).sequence == 1)
        node.beginBeat()
        #expect(node.datagram(path: 0, at: at(3)).sequence == 2)
    }

    @Test func frozenHostHearsItsQueueBeforeItJudges() throws {
        var node = try node()
        for moment: UInt64 in stride(from: 1000, through: 2000, by: 50) {
            for (path, network) in [PathNetwork.lan, .replication].enumerated() {
                _ = node.receive(liveDatagram(sequence: moment / 50, network: network), path: path, at: at(moment))
            }
            _ = node.tick(due: at(moment), at: at(moment))
        }
        // Frozen at 2000 for eight seconds, then thawed with all that was queued on one path.
        for sequence: UInt64 in 41...200 {
            #expect(node.receive(liveDatagram(sequence: sequence), path: 0, at: at(10_000)) == [])
        }
        #expect(node.tick(due: at(2050), at: at(10_001)) == [.beat, .report, .grace])
        let report = node.report(at: at(10_001))
        #expect(report.verdict == .alive)
        #expect(report.lastContact == at(10_001))
        #expect(report.newestHeard == at(10_000))
    }

    @Test func leaseIsConfirmedOnlyWithAClaimThatGrantsIt() throws {
        let expected: [ClaimRole: Bool] = [.receiving: true, .armed: true]
        for role in ClaimRole.allCases {
            var node = try node()
            let echo = Echo(session: 11, sendTime: at(900), heldMicroseconds: 0)
            _ = node.receive(liveDatagram(sequence: 1, echo: echo, claims: claims(claim(role))), path: 0, at: at(1000))
            let report = node.report(at: at(1000))
            #expect(report.newestEchoOfOurs == at(900))
            let sameGeneration = report.confirmedSendTime(for: someDomain, generation: Generation(rawValue: 3))
            #expect((sameGeneration == at(900)) == expected[role, default: false])
            #expect(report.confirmedSendTime(for: someDomain, generation: Generation(rawValue: 2)) == nil)
            let other = DomainIdentity(high: 1, low: 1)
            #expect(report.confirmedSendTime(for: other, generation: Generation(rawValue: 3)) == nil)
        }
    }
}
