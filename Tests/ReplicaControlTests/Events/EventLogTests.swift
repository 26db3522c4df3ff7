import Glibc
import ReplicaModel
import SystemKit
import TestSupport
import Testing

@testable import ReplicaControl

@Suite struct EventFileWriterTests {
    private let directory: TemporaryDirectory
    private var current: String { EventFiles.current(in: directory.path) }
    private var older: String { EventFiles.older(in: directory.path) }

    init() throws { directory = try TemporaryDirectory() }

    private func append(_ sequences: ClosedRange<UInt64>, limit: Int = 1_048_576) throws {
        var writer = EventFileWriter(directory: directory.path)
        for sequence in sequences {
            try writer.append(Array(LogFile.line(sequence).utf8), isDurable: sequence % 2 == 0, limit: limit)
        }
    }

    @Test func aLineThatWasCutShortStaysAloneAndIsPassedOver() throws {
        try append(1...2)
        try LogFile.write(String(LogFile.line(3).prefix(40)), to: current)
        try append(4...5)
        let reading = try EventReading.read(directory.path)
        #expect(reading.records.map(\.sequence) == [1, 2, 4, 5])
        #expect(reading.damaged == 1)
        #expect(reading.notes == ["1 line cut short or damaged, passed over"])
    }

    @Test func zerosThatAPowerCutLeftAreADamagedLine() throws {
        try append(1...1)
        try LogFile.write(String(repeating: "\0", count: 4_096), to: current)
        try append(2...2)
        let reading = try EventReading.read(directory.path)
        #expect(reading.records.map(\.sequence) == [1, 2])
        #expect(reading.damaged == 1)
    }

    @Test func aTornLastLineIsNotReadBeforeItIsWhole() throws {
        try append(1...2)
        try LogFile.write(String(LogFile.line(3).dropLast(1)), to: current)
        let reading = try EventReading.read(directory.path)
        #expect(reading.records.map(\.sequence) == [1, 2])
        #expect(reading.damaged == 1)
        #expect(reading.place.offset == (try LogFile.line(1) + LogFile.line(2)).utf8.count)
    }

    @Test func aFullFileBecomesTheOlderOneAndTheOneBeforeItGoes() throws {
        let length = try LogFile.line(10).utf8.count
        try append(10...19, limit: 4 * (length + 1))
        #expect(TemporaryDirectory.names(in: directory.path) == ["events.jsonl", "events.jsonl.1"])
        let reading = try EventReading.read(directory.path)
        #expect(reading.records.map(\.sequence) == [14, 15, 16, 17, 18, 19])
        for path in [current, older] { #expect(try LogFile.text(path).utf8.count <= 4 * (length + 1)) }
    }

    @Test func aFileThatSomebodyMovedAwayIsBegunAnew() throws {
        var writer = EventFileWriter(directory: directory.path)
        try writer.append(Array(LogFile.line(1).utf8), isDurable: false, limit: 1_048_576)
        #expect(rename(current, directory.path + "/kept") == 0)
        try writer.append(Array(LogFile.line(2).utf8), isDurable: true, limit: 1_048_576)
        #expect(try LogFile.text(directory.path + "/kept") == LogFile.line(1))
        #expect(try LogFile.text(current) == LogFile.line(2))
    }

    @Test func aLineThatFitsOnlyInPartIsFollowedByAFreshOne() async {
        // A process of its own: the limit stands for a full disk and would reach other tests.
        await #expect(processExitsWith: .success) {
            signal(SIGXFSZ, SIG_IGN)
            let directory = try TemporaryDirectory()
            let path = EventFiles.current(in: directory.path)
            var writer = EventFileWriter(directory: directory.path)
            try writer.append(Array(LogFile.line(1).utf8), isDurable: true, limit: 1_048_576)
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(UInt32(RLIMIT_FSIZE.rawValue)), &limit)
            let all = limit.rlim_cur
            limit.rlim_cur = rlim_t(try LogFile.line(1).utf8.count + 20)
            setrlimit(__rlimit_resource_t(UInt32(RLIMIT_FSIZE.rawValue)), &limit)
            for sequence in [2, 3] as [UInt64] {
                do {
                    try writer.append(Array(LogFile.line(sequence).utf8), isDurable: false, limit: 1_048_576)
                    exit(EXIT_FAILURE)
                } catch {}
            }
            limit.rlim_cur = all
            setrlimit(__rlimit_resource_t(UInt32(RLIMIT_FSIZE.rawValue)), &limit)
            try writer.append(Array(LogFile.line(4).utf8), isDurable: false, limit: 1_048_576)
            let expected = try LogFile.line(1) + LogFile.line(2).prefix(20) + "\n" + LogFile.line(4)
            exit(try LogFile.text(path) == expected ? EXIT_SUCCESS : EXIT_FAILURE)
        }
    }
}

@Suite struct EventLogTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func records() throws -> [EventRecord] { try EventReading.read(directory.path).records }

    @Test func whatDoesNotFitIntoTheQueueIsCountedAndSaidInTheNextLine() throws {
        let log = EventLog(
            directory: directory.path, host: "xen1", first: 1, limitBytes: 1_048_576, queueLimit: 2)
        let moment = Moment(wall: tapeBegin, monotonic: 1, run: 1)
        for number in 1...5 { log.append(sampleDecision("\(number)"), at: moment) }
        #expect(log.lostCount == 3)
        try log.start()
        #expect(eventually { (try? records().count) == 2 })
        log.append(sampleDecision("6"), at: moment)
        log.append(sampleDecision("7"), at: moment)
        log.stop()
        let written = try records()
        #expect(written.map(\.detail) == ["1", "2", "6", "7"])
        #expect(written.map(\.sequence) == [1, 2, 6, 7])
        #expect(written.map(\.lost) == [nil, nil, 3, nil])
    }

    @Test func aDiskThatTakesNothingStopsNothingAndIsToldOnceItWorksAgain() throws {
        let state = directory.path + "/state"
        let log = EventLog(directory: state, host: "xen1", first: 8, limitBytes: 1_048_576)
        try log.start()
        let moment = Moment(wall: tapeBegin, monotonic: 1, run: 8)
        for _ in 0..<3 { log.append(sampleDecision(), at: moment) }
        #expect(eventually { log.lostCount == 3 })
        #expect(mkdir(state, 0o700) == 0)
        for _ in 0..<2 { log.append(sampleDecision(), at: moment) }
        log.stop()
        let written = try EventReading.read(state).records
        #expect(written.map(\.sequence) == [11, 12])
        #expect(written.map(\.lost) == [3, nil])
    }

    @Test func aLogThatIsStoppedHasWrittenEverything() throws {
        let log = EventLog(directory: directory.path, host: "xen1", first: 1, limitBytes: 1_048_576)
        try log.start()
        for number in 0..<500 {
            log.append(sampleDecision(), at: Moment(wall: tapeBegin, monotonic: UInt64(number), run: 1))
        }
        log.stop()
        #expect(try records().map(\.sequence) == Array(1...500))
    }

    @Test func numbersGoOnOverRestartsAndRunsAreToldApart() throws {
        for _ in 0..<3 {
            let recorder = try DecisionRecorder(directory: directory.path, host: "xen1", limitBytes: 1_048_576)
            recorder.record(sampleDecision())
            recorder.record(sampleDecision())
            recorder.stop()
        }
        #expect(try records().map(\.sequence) == [1, 2, 3, 4, 5, 6])
        #expect(try records().map(\.run) == [1, 1, 3, 3, 5, 5])
    }

    @Test func theNumberOfANewerVersionsLineIsNotGivenOutAgain() throws {
        let path = EventFiles.current(in: directory.path)
        try LogFile.write(LogFile.line(4) + "{\"version\":2,\"sequence\":90,\"what\":\"else\"}\n{\"torn", to: path)
        let recorder = try DecisionRecorder(directory: directory.path, host: "xen1", limitBytes: 1_048_576)
        recorder.record(sampleDecision())
        recorder.stop()
        let reading = try EventReading.read(directory.path)
        #expect(reading.records.map(\.sequence) == [4, 91])
        #expect(reading.newer == 1 && reading.damaged == 1)
    }

    @Test func aLogThatCannotBeReadStopsNoController() throws {
        #expect(mkdir(EventFiles.current(in: directory.path), 0o700) == 0)
        let recorder = try DecisionRecorder(directory: directory.path, host: "xen1", limitBytes: 1_048_576)
        recorder.record(sampleDecision())
        recorder.stop()
    }

    @Test func onlyWhatChangesTheOwnerOrTheOutputIsForcedToTheDisk() {
        func decision(_ before: String, _ after: String, _ kind: Decision.Kind = .decision) -> Bool {
            var decision = sampleDecision()
            (decision.before, decision.after, decision.kind) = (before, after, kind)
            return decision.changesOwnership
        }
        #expect(decision("armed", "activating") && decision("activating", "active"))
        #expect(decision("protected", "surrendered") && decision("holding", "unprotected"))
        #expect(decision("holding", "standing-down"))
        #expect(!decision("protected", "holding") && !decision("seeding", "protected"))
        #expect(!decision("unprotected", "unprotected") && !decision("holding", "unprotected", .failure))
    }

    @Test func theLongestLineIsWellWithinWhatAReaderTakes() throws {
        var decision = sampleDecision(String(repeating: "\u{1}", count: 100_000))
        decision.name = String(repeating: "\u{1}", count: 100_000)
        let line = try LogFile.line(1_000_000_000, decision)
        #expect(line.utf8.count < EventRecord.lineLimit)
        try LogFile.write(line, to: EventFiles.current(in: directory.path))
        #expect(try records().count == 1)
    }
}
