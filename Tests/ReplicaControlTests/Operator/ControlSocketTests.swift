import Glibc
import ReplicaModel
import Synchronization
import SystemKit
import Testing

@testable import ReplicaControl

/// Answers as the test says.
private final class ScriptedHandler: ControlHandler {
    let seen = Mutex<[ControlRequest]>([])
    let wasCancelled = Mutex(false)
    private let answer: @Sendable (ControlRequest) throws(CommandError) -> ControlResult

    init(_ answer: @escaping @Sendable (ControlRequest) throws(CommandError) -> ControlResult) { self.answer = answer }

    func handle(
        _ request: ControlRequest, progress: (ProgressUpdate) -> Void, isCancelled: () -> Bool
    ) throws(CommandError) -> ControlResult {
        seen.withLock { $0.append(request) }
        if request.command == .protect {
            progress(ProgressUpdate(stage: .copying, round: 1, pagesSent: 10, pagesTotal: 100))
            progress(ProgressUpdate(stage: .committing))
        }
        if request.domain == "endless" {
            while !isCancelled() { Clock.sleep(milliseconds: 1) }
            wasCancelled.withLock { $0 = true }
            throw CommandError(.cancelled, "cancelled")
        }
        return try answer(request)
    }
}

private func withServer(
    _ handler: ScriptedHandler, _ body: (_ path: String, _ server: ControlServer) throws -> Void
) throws {
    let path = "/tmp/replicactl-test-\(getpid())-\(UInt32.random(in: 0 ..< .max)).sock"
    let server = try ControlServer(path: path, handler: handler)
    try server.start()
    defer { server.stop() }
    try body(path, server)
}

@Suite struct ControlSocketTests {
    @Test func aRequestIsAnsweredAfterItsProgress() throws {
        let handler = ScriptedHandler { _ in ControlResult(message: "done") }
        try withServer(handler) { path, _ in
            var updates: [ProgressUpdate] = []
            let request = ControlRequest(.protect, domain: "web", to: "xen2")
            let result = try ControlClient(path: path).perform(request) { updates.append($0) }
            #expect(result == ControlResult(message: "done"))
            #expect(updates.map(\.stage) == [.copying, .committing])
            #expect(handler.seen.withLock { $0 } == [request])
        }
    }

    @Test func anErrorComesThroughWhole() throws {
        let error = CommandError(.peerMemoryShort, "the peer has 10 MiB", hint: "free some")
        try withServer(ScriptedHandler { _ throws(CommandError) in throw error }) { path, _ in
            #expect(throws: error) { try ControlClient(path: path).perform(ControlRequest(.status)) { _ in } }
        }
    }

    @Test func aClientThatGoesAwayCancels() throws {
        let handler = ScriptedHandler { _ in ControlResult() }
        try withServer(handler) { path, server in
            let client = try ControlClient(path: path)
            let request = ControlRequest(.check, domain: "endless")
            try UnixSocket.sendAll(JSONLine.encode(request), on: client.number)
            UnixSocket.endSending(client.number)
            // The server still answers, so that a client knows what came of it.
            var reader = LineReader(limit: 4_096)
            let descriptor = FileDescriptor(owning: dup(client.number))
            let line = try #require(try reader.next(from: descriptor))
            #expect(try JSONLine.decode(ControlReply.self, from: line) == .error(CommandError(.cancelled, "cancelled")))
            server.stop()
        }
        #expect(handler.wasCancelled.withLock { $0 })
    }

    @Test func stoppingTheServerCancelsWhatIsAtWork() throws {
        let handler = ScriptedHandler { _ in ControlResult() }
        try withServer(handler) { path, server in
            let client = try ControlClient(path: path)
            try UnixSocket.sendAll(JSONLine.encode(ControlRequest(.check, domain: "endless")), on: client.number)
            while handler.seen.withLock({ $0.isEmpty }) { Clock.sleep(milliseconds: 1) }
            server.stop()
        }
        #expect(handler.wasCancelled.withLock { $0 })
    }

    @Test(arguments: ["{\"command\":\"dance\"}\n", "no json\n", "[]\n"])
    func aRequestThatCannotBeReadIsAnsweredAsSuch(text: String) throws {
        try withServer(ScriptedHandler { _ in ControlResult() }) { path, _ in
            let connection = try UnixSocket.connect(path: path)
            try UnixSocket.sendAll(Array(text.utf8), on: connection.number)
            var reader = LineReader(limit: 4_096)
            let line = try #require(try reader.next(from: connection))
            guard case .error(let error) = try JSONLine.decode(ControlReply.self, from: line) else {
                Issue.record("no error")
                return
            }
            #expect(error.reason == .usage)
        }
    }

    @Test func aRequestThatIsTooLongIsRefused() throws {
        try withServer(ScriptedHandler { _ in ControlResult() }) { path, _ in
            let connection = try UnixSocket.connect(path: path)
            let text = [UInt8](repeating: UInt8(ascii: "x"), count: ControlServer.requestLimit + 1)
            try? UnixSocket.sendAll(text, on: connection.number)
            var reader = LineReader(limit: 4_096)
            let line = try #require(try reader.next(from: connection))
            #expect(String(decoding: line, as: UTF8.self).contains("\"reason\":\"usage\""))
        }
    }

    @Test func withoutAControllerTheErrorSaysSo() {
        do {
            _ = try ControlClient(path: "/tmp/replicactl-nobody-\(getpid()).sock")
            Issue.record("connected to nobody")
        } catch {
            #expect(error.reason == .controllerNotReachable)
            #expect(error.exitStatus == .controllerNotReachable)
            #expect(error.hint.contains("systemctl status"))
        }
    }
}

@Suite struct ControlTypesTests {
    @Test func everyReasonHasAMeaningOfWholeSentences() {
        for reason in ReasonCode.allCases {
            #expect(reason.meaning.hasSuffix("."), "\(reason.rawValue)")
            #expect(reason.rawValue.allSatisfy { $0.isLowercase || $0 == "-" }, "\(reason.rawValue)")
        }
    }

    @Test func everyErrorStatusOfARequestIsReachedByAReason() {
        let reached = Set(ReasonCode.allCases.map(\.exitStatus))
        #expect(Set(ExitStatus.allCases).subtracting(reached) == [.success, .interrupted, .ruleBroken])
    }

    @Test func aPointInTimeIsWrittenInUniversalTime() {
        #expect(Timestamp.rfc3339(wall: 0) == "1970-01-01T00:00:00.000Z")
        #expect(Timestamp.rfc3339(wall: 1_795_167_717_042_999_999) == "2026-11-20T09:41:57.042Z")
    }

    @Test func percentilesAreThoseOfTheRecentEpochs() throws {
        var statistics = EpochStatistics()
        #expect(statistics.summary == nil)
        for number in 1...2_000 as ClosedRange<UInt64> {
            let record = EpochRecord(
                epoch: number, dirtyPages: 2, bytes: 10,
                suspendedMicroseconds: number <= 1_000 ? 90_000 : number - 1_000)
            statistics.add(record, releasedAt: number * 100_000_000)
        }
        let summary = try #require(statistics.summary)
        #expect(summary.count == 2_000 && summary.pages == 4_000 && summary.bytes == 20_000)
        #expect(summary.suspendedMillisecondsP50 == 0.5)
        #expect(summary.suspendedMillisecondsP99 == 0.99)
        #expect(summary.suspendedMillisecondsMax == 90)
        #expect(summary.intervalMilliseconds == 100)
        #expect(summary.outputLatencyMillisecondsP50 == nil && summary.outputLatencyMillisecondsP99 == nil)
    }

    @Test func latenciesAreThoseOfTheRecentEpochsThatHeldOutput() throws {
        var statistics = EpochStatistics()
        for number in 1...4_000 as ClosedRange<UInt64> {
            var record = EpochRecord(epoch: number)
            // Every second epoch holds output, and the first ones held it for long.
            if number % 2 == 0 { record.outputLatencyMicroseconds = number <= 2_000 ? 900_000 : (number - 2_000) / 2 }
            statistics.add(record, releasedAt: number)
        }
        let summary = try #require(statistics.summary)
        #expect(summary.outputLatencyMillisecondsP50 == 0.5)
        #expect(summary.outputLatencyMillisecondsP99 == 0.99)
    }
}
