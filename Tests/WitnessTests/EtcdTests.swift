import ReplicaModel
import SystemKit
import Testing

@testable import Witness

/// The client against a real etcd.
@Suite(.serialized, .etcd) struct EtcdTests {
    private let first = Fixtures.record("xen1", 1, "xen2")
    private let alone = Fixtures.record("xen1", 1)
    private let taken = Fixtures.record("xen2", 2)

    private func client(host: String = "xen1", through url: String? = nil) throws -> WitnessClient {
        try WitnessClient(Fixtures.configuration([try url ?? EtcdTrait.url], host: host))
    }

    @Test func onlyTheExpectedRecordIsReplaced() throws {
        let domain = Fixtures.freshDomain()
        var client = try client()
        let before = try client.record(of: domain)
        let fromNothing = try client.swap(domain: domain, expected: alone, new: first)
        let made = try client.swap(domain: domain, expected: nil, new: first)
        let madeTwice = try client.swap(domain: domain, expected: nil, new: taken)
        let takenOver = try client.swap(domain: domain, expected: first, new: taken)
        let tooLate = try client.swap(domain: domain, expected: first, new: alone)
        let after = try client.record(of: domain)
        #expect(before == nil)
        #expect(fromNothing == .refused(current: nil))
        #expect(made == .granted)
        #expect(madeTwice == .refused(current: first))
        #expect(takenOver == .granted)
        #expect(tooLate == .refused(current: taken))
        #expect(after == taken)
    }

    @Test func aRepeatedSwapIsGrantedAgain() throws {
        let domain = Fixtures.freshDomain()
        var client = try client()
        for _ in 0..<3 {
            let result = try client.swap(domain: domain, expected: nil, new: first)
            #expect(result == .granted)
        }
        // A client that knows nothing, as after a restart.
        var restarted = try self.client()
        for _ in 0..<3 {
            let result = try restarted.swap(domain: domain, expected: alone, new: first)
            #expect(result == .granted)
        }
    }

    @Test func whatIsNoRecordOfOursIsGarbage() throws {
        for value in ["", "xen1", #"{"version":2,"owner":"xen1","generation":1,"replica":null}"#] {
            let domain = Fixtures.freshDomain()
            try put(WitnessKeys.domain(domain, cluster: "lab"), value)
            var client = try client()
            for expected in [nil, first] {
                var kind: WitnessFailure.Kind?
                do throws(WitnessError) {
                    _ = try client.swap(domain: domain, expected: expected, new: taken)
                } catch {
                    kind = error.failure.kind
                }
                #expect(kind == .garbage)
            }
        }
    }

    @Test func twoClientsInTurnAnswerAsTheLedgerDoes() throws {
        let domains = (0..<2).map { _ in Fixtures.freshDomain() }
        var ledger = WitnessLedger()
        var generator = SeededGenerator(seed: 20)
        var left = try client()
        var right = try client(host: "xen2")
        var grants = 0
        for _ in 0..<400 {
            let domain = domains[Int.random(in: 0...1, using: &generator)]
            let drawn: WitnessRecord? = .random(using: &generator)
            // The right expectation half of the time, otherwise any.
            let expected = Bool.random(using: &generator) ? ledger.records[domain] : drawn
            let new = WitnessRecord.random(using: &generator) ?? first
            let result =
                Bool.random(using: &generator)
                ? try left.swap(domain: domain, expected: expected, new: new)
                : try right.swap(domain: domain, expected: expected, new: new)
            #expect(result == ledger.swap(domain, expected: expected, new: new))
            let stored = try left.record(of: domain)
            #expect(stored == ledger.records[domain])
            if result == .granted { grants += 1 }
        }
        #expect(grants > 100 && grants < 400)
    }

    @Test func ofTwoContendersOneIsGrantedEachGeneration() throws {
        let url = try EtcdTrait.url
        let domain = Fixtures.freshDomain()
        let grants = try Contention.run([[url], [url]], domain: domain, rounds: 200)
        Contention.check(grants)
        var client = try client()
        let last = try client.record(of: domain)
        #expect(last == grants.max { $0.new.generation < $1.new.generation }?.new)
    }

    /// Safety rule 2: an owner that gave up on a question and is granted the opposite must be able to rely on that.
    @Test func aSwapThatArrivesLateIsVoidEvenWhenItsRecordIsBack() throws {
        let url = try EtcdTrait.url
        let domain = Fixtures.freshDomain()
        var direct = try client()
        let made = try direct.swap(domain: domain, expected: nil, new: alone)
        #expect(made == .granted)

        let relay = try SwallowingRelay(to: url)
        defer { relay.stop() }
        var cutOff = try WitnessClient(Fixtures.configuration([relay.url], timeout: 1000))
        var kind: WitnessFailure.Kind?
        do throws(WitnessError) {
            _ = try cutOff.swap(domain: domain, expected: alone, new: first)
        } catch {
            kind = error.failure.kind
        }
        #expect(kind == .timedOut)
        let late = try #require(relay.swallowed.first)

        let there = try direct.swap(domain: domain, expected: alone, new: first)
        let back = try direct.swap(domain: domain, expected: first, new: alone)
        #expect(there == .granted && back == .granted)
        let outcome = try GatewayAnswer.swap(
            deliver(late.path, late.body), key: WitnessKeys.domain(domain, cluster: "lab"))
        guard case .other = outcome else {
            Issue.record("the late swap went through")
            return
        }
        let stored = try direct.record(of: domain)
        #expect(stored == alone)
    }

    @Test func aGrantOfWhatStandsVoidsALateSwap() throws {
        let domain = Fixtures.freshDomain()
        var direct = try client()
        let made = try direct.swap(domain: domain, expected: nil, new: alone)
        #expect(made == .granted)
        let relay = try SwallowingRelay(to: try EtcdTrait.url)
        defer { relay.stop() }
        var cutOff = try WitnessClient(Fixtures.configuration([relay.url], timeout: 1000))
        do throws(WitnessError) {
            _ = try cutOff.swap(domain: domain, expected: alone, new: first)
            Issue.record("an answer came")
        } catch {}
        let late = try #require(relay.swallowed.first)
        // Nothing was changed yet, so this is granted at once; from then on the late one must not come through.
        let stays = try direct.swap(domain: domain, expected: first, new: alone)
        #expect(stays == .granted)
        _ = try deliver(late.path, late.body)
        let stored = try direct.record(of: domain)
        #expect(stored == alone)
    }

    @Test func aHostIsPresentUntilItsLeaseRunsOut() throws {
        let host = "host-\(UInt32.random(in: 0 ... .max))"
        var asker = try client()
        let before = try asker.presence(of: host)
        var keeper = try client(host: host)
        try keeper.keepPresence()
        let during = try asker.presence(of: host)
        try keeper.keepPresence()
        let still = try asker.presence(of: host)
        #expect(!before && during && still)
        let deadline = Clock.monotonic + 60_000_000_000
        while try asker.presence(of: host), Clock.monotonic < deadline { Clock.sleep(milliseconds: 100) }
        let after = try asker.presence(of: host)
        #expect(!after)
        // The lease has gone; the next word makes a new one.
        try keeper.keepPresence()
        let again = try asker.presence(of: host)
        #expect(again)
    }

    @Test func theServiceAnswersWithTheQuestionsNumber() throws {
        let host = "host-\(UInt32.random(in: 0 ... .max))"
        let service = try WitnessService(Fixtures.configuration([try EtcdTrait.url], host: host))
        let answers = Mailbox<(UInt64, WitnessAnswer)>(capacity: 16)
        let domain = Fixtures.freshDomain()
        let questions: [WitnessQuestion] = [
            .read, .swap(expected: nil, new: first), .swap(expected: nil, new: taken), .read,
            .presence(host: "nobody"), .swap(expected: nil, new: Fixtures.record("", 0)),
        ]
        for (number, question) in questions.enumerated() {
            let isTaken = service.ask(question, number: UInt64(number), domain: domain) { answers.post(($0, $1)) }
            #expect(isTaken)
        }
        var got: [WitnessAnswer] = []
        while got.count < questions.count {
            let (number, answer) = try #require(answers.next(before: Clock.monotonic + 30_000_000_000))
            #expect(number == UInt64(got.count))
            got.append(answer)
        }
        #expect(got.dropLast() == [.record(nil), .granted, .refused(first), .record(first), .presence(false)])
        guard case .failed(let failure)? = got.last else {
            Issue.record("\(got)")
            return
        }
        #expect(failure.kind == .badConfiguration)
        var asker = try client()
        let deadline = Clock.monotonic + 30_000_000_000
        while try !asker.presence(of: host), Clock.monotonic < deadline { Clock.sleep(milliseconds: 20) }
        let status = service.status
        let url = try EtcdTrait.url
        #expect(status.isReachable == true && status.endpoint == url && status.isPresent)
        #expect(status.questions == 6 && status.grants == 1 && status.refusals == 1 && status.failures == 1)
        service.stop()
        #expect(!service.ask(.read, number: 9, domain: domain) { _, _ in })
    }

    private func put(_ key: String, _ value: String) throws {
        let lease = try GatewayAnswer.newLease(post(GatewayRequest.grantLease(seconds: 600)))
        _ = try post(GatewayRequest.put(key: key, value: value, lease: lease))
    }

    private func post(_ message: GatewayRequest.Message) throws -> [UInt8] {
        try deliver(message.path, message.body)
    }

    private func deliver(_ path: String, _ body: [UInt8]) throws -> [UInt8] {
        var session = try HTTPSession.make(identity: nil)
        let endpoint = try WitnessEndpoint(EtcdTrait.url)
        return try session.post(to: endpoint, path: path, body: body, limit: 10_000).body
    }
}

extension WitnessRecord {
    /// One of a few records, so that the same come again and again; `nil` now and then.
    static func random(using generator: inout SeededGenerator) -> WitnessRecord? {
        let owner = Bool.random(using: &generator) ? "xen1" : "xen2"
        let other = owner == "xen1" ? "xen2" : "xen1"
        let generation = UInt64.random(in: 1...2, using: &generator)
        let replica = Bool.random(using: &generator) ? other : nil
        return Int.random(in: 0..<8, using: &generator) == 0 ? nil : Fixtures.record(owner, generation, replica)
    }
}
