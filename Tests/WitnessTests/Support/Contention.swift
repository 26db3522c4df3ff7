import ReplicaModel
import SystemKit
import Synchronization
import Testing

@testable import Witness

/// Hosts that want the same domain again and again.
enum Contention {
    /// A swap that was granted, or a try that was refused in the end.
    struct Try: Sendable {
        let expected: WitnessRecord?
        let new: WitnessRecord
        let isRefused: Bool
    }

    /// Lets one contender for each list of endpoints try to become the owner, all at once.
    ///
    /// Each follows the rule for failures: it asks the same again until the answer is clear. `onGrant` is called after
    /// each grant with their number so far. What was tried comes back in no order.
    static func run(
        _ endpoints: [[String]], domain: DomainIdentity, rounds: Int, timeout: Milliseconds = 10_000,
        onGrant: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws -> [Try] {
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
        return shared.tries.withLock { $0 }
    }

    /// Each generation was granted once, each to the one that expected the grant before it.
    ///
    /// - Parameters:
    ///   - tries: What the contenders tried.
    ///   - answersAreLost: A grant whose answer a dead member kept may be followed by another contender's before the same is
    ///     asked again, which is then refused: what that contender expected was granted.
    ///   - sourceLocation: Where to report what is wrong.
    static func check(
        _ tries: [Try], answersAreLost: Bool = false, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        var grants = tries.filter { !$0.isRefused }
        var ledger = WitnessLedger()
        var generation = Generation.none
        while answersAreLost,
            let untold = tries.first(where: { attempt in
                attempt.isRefused && grants.contains { $0.expected == attempt.new }
                    && !grants.contains { $0.new == attempt.new }
            })
        {
            grants.append(untold)
        }
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
        let tries = Mutex<[Try]>([])
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
                let count = shared.tries.withLock { tries in
                    tries.append(Try(expected: expected, new: new, isRefused: false))
                    return tries.count { !$0.isRefused }
                }
                seen = new
                onGrant(count)
            case .refused(let current):
                shared.tries.withLock { $0.append(Try(expected: expected, new: new, isRefused: true)) }
                if Bool.random(using: &generator) { seen = current }
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
