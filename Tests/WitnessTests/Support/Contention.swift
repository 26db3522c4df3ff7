import ReplicaModel
import SystemKit
import Synchronization
import Testing

@testable import Witness

/// Hosts that want the same domain again and again.
enum Contention {
    /// A swap that was granted.
    struct Grant: Sendable {
        let expected: WitnessRecord?
        let new: WitnessRecord
    }

    /// Lets one contender for each list of endpoints try to become the owner, all at once.
    ///
    /// Each follows the rule for failures: it asks the same again until the answer is clear. `onGrant` is called after
    /// each grant with their number so far. What was granted comes back in no order.
    static func run(
        _ endpoints: [[String]], domain: DomainIdentity, rounds: Int, timeout: Milliseconds = 10_000,
        onGrant: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws -> [Grant] {
        let shared = Shared()
        let configurations = try endpoints.enumerated().map { index, urls in
            try Fixtures.configuration(urls, host: "xen\(index)", timeout: timeout)
        }
        let done = Mailbox<Int>(capacity: endpoints.count)
        for (index, configuration) in configurations.enumerated() {
            try Thread(name: "contender") {
                do {
                    try contend(
                        configuration, domain, rounds, SeededGenerator(seed: UInt64(index)), shared, onGrant)
                } catch {
                    Issue.record(error)
                }
                done.post(index)
            }.detach()
        }
        for _ in endpoints { try #require(done.next(before: Clock.monotonic + 240_000_000_000) != nil) }
        return shared.grants.withLock { $0 }
    }

    /// Each generation was granted once, each to the one that expected the grant before it.
    static func check(_ grants: [Grant], sourceLocation: SourceLocation = #_sourceLocation) {
        var ledger = WitnessLedger()
        var generation = Generation.none
        for grant in grants.sorted(by: { $0.new.generation < $1.new.generation }) {
            generation = generation.next
            #expect(grant.new.generation == generation, sourceLocation: sourceLocation)
            #expect(grant.expected == ledger.records[Fixtures.domain], sourceLocation: sourceLocation)
            #expect(
                ledger.swap(Fixtures.domain, expected: grant.expected, new: grant.new) == .granted,
                sourceLocation: sourceLocation)
        }
        #expect(
            Set(grants.map(\.new.owner)).count > 1, "only one contender had a chance", sourceLocation: sourceLocation)
    }

    private final class Shared: Sendable {
        let grants = Mutex<[Grant]>([])
    }

    private static func contend(
        _ configuration: WitnessConfiguration, _ domain: DomainIdentity, _ rounds: Int, _ seed: SeededGenerator,
        _ shared: Shared, _ onGrant: @Sendable (Int) -> Void
    ) throws {
        var generator = seed
        var client = try WitnessClient(configuration)
        var seen: WitnessRecord?
        for _ in 0..<rounds {
            // Now and then with old knowledge.
            if Int.random(in: 0..<4, using: &generator) > 0 {
                seen = try untilClear { () throws(WitnessError) in try client.record(of: domain) }
            }
            let new = WitnessRecord(
                owner: configuration.host, generation: (seen?.generation ?? .none).next, replica: nil)
            let expected = seen
            let result = try untilClear { () throws(WitnessError) in
                try client.swap(domain: domain, expected: expected, new: new)
            }
            switch result {
            case .granted:
                let count = shared.grants.withLock { grants in
                    grants.append(Grant(expected: expected, new: new))
                    return grants.count
                }
                seen = new
                onGrant(count)
            case .refused(let current): if Bool.random(using: &generator) { seen = current }
            }
        }
    }

    /// Asks the same again until there is an answer, for two minutes.
    private static func untilClear<Value>(_ ask: () throws(WitnessError) -> Value) throws -> Value {
        let deadline = Clock.monotonic + 120_000_000_000
        while true {
            do throws(WitnessError) {
                return try ask()
            } catch {
                guard Clock.monotonic < deadline else { throw error }
                Clock.sleep(milliseconds: 20)
            }
        }
    }
}
