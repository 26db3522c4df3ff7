import FoundationEssentials
import Glibc
import ReplicaModel
import SystemKit
import Synchronization
import Testing

@testable import Witness

/// The client against a real cluster of three, whose members are killed.
@Suite(.serialized) struct EtcdClusterTests {
    @Test func grantsGoOnOverTheLeadersDeathAndNeverTwoForAGeneration() throws {
        let members = try Etcd.cluster()
        let urls = members.map(\.url)
        let leader = try #require(members.first { try Self.isLeader($0) })
        let grantsAtDeath = Atomic(0)
        let domain = Fixtures.freshDomain()
        let tries = try Contention.run(
            // Each contender begins with another member, so both meet the dead one.
            [urls, urls.reversed()], domain: domain, rounds: 150, timeout: 3000
        ) { count in
            guard count == 40 else { return }
            leader.kill()
            grantsAtDeath.store(count, ordering: .sequentiallyConsistent)
        }
        Contention.check(tries, answersAreLost: true)
        #expect(grantsAtDeath.load(ordering: .sequentiallyConsistent) == 40)
        #expect(tries.count { !$0.isRefused } > 80, "grants went on after the leader's death")
    }

    @Test func withoutAQuorumNothingIsGranted() throws {
        let members = try Etcd.cluster()
        let new = Fixtures.record("xen1", 1, "xen2")
        let taken = Fixtures.record("xen2", 2)
        var client = try WitnessClient(Fixtures.configuration(members.map(\.url), timeout: 2000))
        let made = try client.swap(domain: Fixtures.domain, expected: nil, new: new)
        #expect(made == .granted)
        members[0].kill()
        members[1].kill()
        for _ in 0..<3 {
            var kinds: [WitnessFailure.Kind] = []
            do throws(WitnessError) {
                _ = try client.swap(domain: Fixtures.domain, expected: new, new: taken)
            } catch {
                kinds.append(error.failure.kind)
            }
            do throws(WitnessError) { _ = try client.record(of: Fixtures.domain) } catch {
                kinds.append(error.failure.kind)
            }
            // The member that is left waits for the others, or says at once that it has no leader.
            #expect(kinds.count == 2 && kinds.allSatisfy { [.timedOut, .refusedByServer].contains($0) })
        }
    }

    @Test func aFrozenMemberIsPassedOver() throws {
        let members = try Etcd.cluster()
        let frozen = try #require(members.first { try !Self.isLeader($0) })
        let others = members.filter { $0 !== frozen }
        var client = try WitnessClient(
            Fixtures.configuration([frozen.url] + others.map(\.url), timeout: 6000))
        try frozen.freeze()
        defer { frozen.signal(SIGCONT) }
        let made = try client.swap(
            domain: Fixtures.domain, expected: nil, new: Fixtures.record("xen1", 1, "xen2"))
        #expect(made == .granted)
        #expect(client.trace?.endpoint != frozen.url)
    }

    private static func isLeader(_ member: Etcd) throws -> Bool {
        struct Status: Decodable {
            struct Header: Decodable { let member_id: String }
            let header: Header
            let leader: String
        }
        var session = try HTTPSession.make(identity: nil)
        let answer = try session.post(
            to: WitnessEndpoint(member.url), path: "/v3/maintenance/status", body: Array("{}".utf8), limit: 10_000)
        let status = try JSONDecoder().decode(Status.self, from: Data(answer.body))
        return status.leader == status.header.member_id
    }
}
