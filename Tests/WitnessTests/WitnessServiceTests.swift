import Glibc
import ReplicaModel
import SystemKit
import Testing

@testable import Witness

/// The service and a witness that is silent: every question has one answer, in time, and old ones are not asked.
@Suite struct WitnessServiceTests {
    private static let patience: UInt64 = 60_000_000_000

    private func silentServer(_ asked: Counter) throws -> HostileServer {
        try HostileServer { _, speak in
            asked.increment()
            while speak("") { Clock.sleep(milliseconds: 20) }
        }
    }

    @Test func aQuestionThatWaitedTooLongIsNotAsked() throws {
        let asked = Counter()
        let server = try silentServer(asked)
        defer { server.stop() }
        let service = try WitnessService(
            Fixtures.configuration([server.url], timeout: 500), keepsPresence: false)
        let answers = Mailbox<(UInt64, WitnessAnswer)>(capacity: 8)
        for number in 1...3 as ClosedRange<UInt64> {
            let isTaken = service.ask(.read, number: number, domain: Fixtures.domain) { answers.post(($0, $1)) }
            #expect(isTaken)
        }
        var kinds: [UInt64: WitnessFailure.Kind] = [:]
        while kinds.count < 3 {
            let (number, answer) = try #require(answers.next(before: Clock.monotonic + Self.patience))
            guard case .failed(let failure) = answer else {
                Issue.record("\(answer)")
                return
            }
            kinds[number] = failure.kind
        }
        // The second may have been put a moment after the first was asked, which is then the moment that it has left.
        #expect(kinds[1] == .timedOut && kinds[3] == .expired)
        #expect(asked.value == kinds.values.count { $0 == .timedOut })
        let status = service.status
        #expect(status.isReachable == false && status.since != nil && status.failure?.kind == .timedOut)
        #expect(status.questions == 3 && status.failures == 3 && status.endpoint == nil && !status.isPresent)
        service.stop()
    }

    @Test func theQueueIsBoundedAndGoesWithTheService() throws {
        let asked = Counter()
        let server = try silentServer(asked)
        defer { server.stop() }
        let service = try WitnessService(
            Fixtures.configuration([server.url], timeout: 2000), keepsPresence: true)
        let answered = Counter()
        var taken = 0
        // One may be under way already.
        for _ in 0..<WitnessService.queueLimit + 8
        where service.ask(.read, number: 0, domain: Fixtures.domain, answer: { _, _ in answered.increment() }) {
            taken += 1
        }
        #expect((WitnessService.queueLimit...WitnessService.queueLimit + 1).contains(taken))
        service.stop()
        #expect(answered.value <= 1)
        #expect(!service.ask(.read, number: 0, domain: Fixtures.domain) { _, _ in })
    }

    @Test func theWitnessIsReachableAgainAfterItsReturn() throws {
        let etcd = try Etcd.single()
        try etcd.freeze()
        let service = try WitnessService(Fixtures.configuration([etcd.url], timeout: 500))
        let answers = Mailbox<WitnessAnswer>(capacity: 8)
        func ask() throws -> WitnessAnswer {
            service.ask(.read, number: 0, domain: Fixtures.domain) { answers.post($1) }
            return try #require(answers.next(before: Clock.monotonic + Self.patience))
        }
        guard case .failed = try ask() else {
            Issue.record("a frozen witness answered")
            return
        }
        let away = service.status
        #expect(away.isReachable == false && away.failure?.kind == .timedOut)
        etcd.signal(SIGCONT)
        let deadline = Clock.monotonic + Self.patience
        while try ask() != .record(nil), Clock.monotonic < deadline {}
        let back = service.status
        #expect(back.isReachable == true && back.failure == nil && back.endpoint == etcd.url)
        #expect(try #require(back.since) > (try #require(away.since)))
        service.stop()
    }
}
