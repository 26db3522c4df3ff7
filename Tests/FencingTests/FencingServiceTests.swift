import Fencing
import SystemKit
import Testing

@Suite struct FencingServiceTests {
    private func results(_ mailbox: Mailbox<(UInt64, FenceResult)>, _ count: Int) throws -> [UInt64: FenceResult] {
        var results: [UInt64: FenceResult] = [:]
        while results.count < count {
            let (number, result) = try #require(mailbox.next(before: Clock.monotonic + 60_000_000_000))
            results[number] = result
        }
        return results
    }

    @Test func answersWithTheRequestsNumber() throws {
        let agent = try FakeAgent("exit 0")
        let service = try FencingService(agent.configuration())
        let mailbox = Mailbox<(UInt64, FenceResult)>(capacity: 8)
        for number in 5...6 as ClosedRange<UInt64> {
            #expect(service.fence(number: number) { mailbox.post(($0, $1)) })
            #expect(try results(mailbox, 1)[number]?.isFenced == true)
        }
        #expect(agent.note("actions") == "off\noff\n")
        #expect(service.status.fenced == 2 && service.status.failed == 0 && !service.status.isRunning)
        service.stop()
        #expect(!service.fence(number: 7) { _, _ in })
    }

    @Test func requestsDuringARunGetItsAnswer() throws {
        let agent = try FakeAgent("while [ ! -e \"$here/go\" ]; do sleep 0.05; done; echo broken; exit 1")
        let service = try FencingService(agent.configuration())
        defer { service.stop() }
        let mailbox = Mailbox<(UInt64, FenceResult)>(capacity: 100)
        #expect(service.fence(number: 0) { mailbox.post(($0, $1)) })
        let deadline = Clock.monotonic + 60_000_000_000
        while agent.note("actions").isEmpty, Clock.monotonic < deadline { Clock.sleep(milliseconds: 10) }
        for number in 1..<UInt64(FencingService.queueLimit) {
            #expect(service.fence(number: number) { mailbox.post(($0, $1)) })
        }
        #expect(!service.fence(number: 99) { mailbox.post(($0, $1)) })
        _ = try ProcessRun.run(
            path: "/usr/bin/touch", arguments: ["\(agent.directory)/go"], timeout: 10_000_000_000, grace: 0)
        let all = try results(mailbox, FencingService.queueLimit)
        #expect(all.values.allSatisfy { $0.reason.contains("broken") })
        #expect(agent.note("actions") == "off\n")
        #expect(service.status.failed == 1)
    }
}
