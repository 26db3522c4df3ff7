import Glibc
import ReplicaModel
import Synchronization
import SystemKit
import TestSupport
import Testing

@testable import ReplicaControl

@Suite struct EventReadingTests {
    private let directory: TemporaryDirectory
    private var current: String { EventFiles.current(in: directory.path) }
    private var older: String { EventFiles.older(in: directory.path) }

    init() throws { directory = try TemporaryDirectory() }

    private func sequences(_ selection: EventSelection) throws -> [UInt64] {
        try EventReading.read(directory.path, selection).records.map(\.sequence)
    }

    @Test func nothingIsReadWhereThereIsNoLog() throws {
        let reading = try EventReading.read(directory.path + "/nowhere")
        #expect(reading.lines.isEmpty && reading.notes.isEmpty && reading.newestSequence == 0)
    }

    @Test(arguments: [0, 1, 2, 3, 200, 3_000])
    func linesComeFromTheEndAsTheyStandInTheFile(count: Int) throws {
        let lines = try (0..<count).map {
            try LogFile.line(UInt64($0), sampleDecision(String(repeating: "x", count: $0 % 97)))
        }
        try LogFile.write(lines.joined(), to: current)
        guard let file = try EventFiles.open(current) else {
            Issue.record("there is no file")
            return
        }
        var reader = try BackwardLineReader(file)
        var found: [String] = []
        while let line = try reader.next() { found.append(String(decoding: line, as: UTF8.self) + "\n") }
        #expect(found == lines.reversed())
        let isTorn = reader.isTorn
        #expect(!isTorn)
    }

    @Test func aLineThatIsTooLongToBeOursIsPassedOver() throws {
        let junk = String(repeating: "j", count: 300_000) + "\n"
        try LogFile.write(LogFile.line(1) + junk + LogFile.line(2) + junk, to: current)
        let reading = try EventReading.read(directory.path)
        #expect(reading.records.map(\.sequence) == [1, 2])
        #expect(reading.damaged == 2)
    }

    @Test func theNewestOfBothFilesAreChosen() throws {
        try LogFile.write((1...5).map { try LogFile.line($0) }.joined(), to: older)
        try LogFile.write((6...9).map { try LogFile.line($0) }.joined(), to: current)
        #expect(try sequences(EventSelection()) == Array(1...9))
        #expect(try sequences(EventSelection(most: 6)) == Array(4...9))
        #expect(try sequences(EventSelection(most: 2)) == [8, 9])
        #expect(try sequences(EventSelection(most: 0)) == [])
        #expect(try sequences(EventSelection(since: tapeBegin + 7_000_000)) == [7, 8, 9])
        let bounded = try EventReading.read(
            directory.path, EventSelection(byteLimit: try LogFile.line(9).utf8.count * 2))
        #expect(bounded.records.map(\.sequence) == [8, 9] && bounded.isBounded)
    }

    @Test func aFileWithTwoNamesIsReadOnce() throws {
        try LogFile.write(LogFile.line(1), to: current)
        #expect(link(current, older) == 0)
        #expect(try sequences(EventSelection()) == [1])
    }

    @Test func aDomainIsChosenByNameOrUUIDAndTheHostOnlyWhereWanted() throws {
        var other = sampleDecision()
        (other.name, other.domain) = ("db", DomainIdentity(high: 1, low: 2))
        let host = Decision(role: .heartbeat, reason: .peerDead)
        let asked = Decision(role: .operator, name: "db", reason: .operatorRequest, detail: "protect")
        let decisions = [sampleDecision(), other, host, asked]
        try LogFile.write(
            decisions.enumerated().map { try LogFile.line(UInt64($0.offset + 1), $0.element) }.joined(), to: current)
        #expect(try sequences(EventSelection(subject: "web")) == [1])
        #expect(try sequences(EventSelection(subject: webIdentity.description.uppercased())) == [1])
        #expect(try sequences(EventSelection(subject: "db")) == [2, 4])
        #expect(try sequences(EventSelection(subject: "web", includesHost: true)) == [1, 3])
    }

    @Test(arguments: [
        "{\"version\":2,\"sequence\":18446744073709551615}", "{\"version\":2,\"sequence\":-1}", "[]", "{}", "null",
        "{\"version\":1,\"sequence\":2}",
    ])
    func aLineWithNumbersThatCannotBeOursIsDamaged(text: String) throws {
        let whole = try LogFile.line(1)
        let huge = whole.split(separator: "\"sequence\":1,").joined(separator: "\"sequence\":18446744073709551615,")
        let late = whole.split(separator: "2026-11-20").joined(separator: "9999-11-20")
        #expect(huge != whole && late != whole)
        try LogFile.write(whole + huge + late + text + "\n", to: current)
        let reading = try EventReading.read(directory.path)
        #expect(reading.records.map(\.sequence) == [1])
        #expect(reading.damaged == 3 && reading.newer == 0 && reading.newestSequence == 1)
    }

    @Test func aReasonOfANewerVersionIsShownAsItIs() throws {
        let line = try LogFile.line(1).split(separator: "lease-expired").joined(separator: "cosmic-ray")
        try LogFile.write(line, to: current)
        let record = try #require(try EventReading.read(directory.path).records.first)
        #expect(record.reason == "cosmic-ray" && record.reasonCode == nil)
        #expect(EventText.sentence(record) == "A reason that this version does not know.")
    }
}

@Suite struct EventFollowerTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// Follows on a thread of its own while a test writes.
    private final class Followed: Sendable {
        let lines = Mutex<[String]>([])
        let error = Mutex<String?>(nil)
        let hasEnded = Atomic(false)

        func run(_ directory: String, from place: EventReading.Place, stop: Int32) {
            let stop = FileDescriptor(owning: stop)
            do {
                var follower = try EventFollower(directory: directory)
                try follower.follow(from: place, stop: stop) { line in
                    lines.withLock { $0.append(String(decoding: line, as: UTF8.self) + "\n") }
                }
            } catch { self.error.withLock { $0 = "\(error)" } }
            hasEnded.store(true, ordering: .releasing)
        }
    }

    private func follow(
        from place: EventReading.Place = .init(), _ body: (Followed, borrowing FileDescriptor) throws -> Void
    ) throws {
        let followed = Followed()
        let pipe = try FileDescriptor.pipe()
        let stop = dup(pipe.reader.number)
        try Thread(name: "follow") { [path = directory.path] in followed.run(path, from: place, stop: stop) }.detach()
        try body(followed, pipe.writer)
        try pipe.writer.writeAll("x")
        #expect(eventually { followed.hasEnded.load(ordering: .acquiring) })
        #expect(followed.error.withLock { $0 } == nil)
    }

    @Test func everyLineComesThroughEveryRotation() throws {
        try follow { followed, _ in
            var writer = EventFileWriter(directory: directory.path)
            let limit = try LogFile.line(100).utf8.count * 3
            for sequence in 100...140 as ClosedRange<UInt64> {
                try writer.append(Array(LogFile.line(sequence).utf8), isDurable: false, limit: limit)
                // One step at a time, so that no file is gone before it was looked at.
                let wanted = Int(sequence - 99)
                try #require(eventually { followed.lines.withLock { $0.count } == wanted })
            }
            #expect(try followed.lines.withLock { $0 } == (100...140).map { try LogFile.line($0) })
        }
    }

    @Test func rotationsInARowLoseOnlyWhatIsGoneAndKeepTheOrder() throws {
        try follow { followed, _ in
            var writer = EventFileWriter(directory: directory.path)
            let limit = try LogFile.line(1_000).utf8.count * 2
            for sequence in 1_000...1_400 as ClosedRange<UInt64> {
                try writer.append(Array(LogFile.line(sequence).utf8), isDurable: false, limit: limit)
            }
            let last = try LogFile.line(1_400)
            #expect(eventually { followed.lines.withLock { $0.last } == last })
            let seen = followed.lines.withLock { $0 }
            #expect(seen == seen.sorted() && Set(seen).count == seen.count)
        }
    }

    @Test func followingGoesOnWhereTheReadingEnded() throws {
        let current = EventFiles.current(in: directory.path)
        try LogFile.write(LogFile.line(1) + LogFile.line(2), to: current)
        let place = try EventReading.read(directory.path).place
        // The file has another name by the time it is followed, and a line more.
        try LogFile.write(LogFile.line(3), to: current)
        #expect(rename(current, EventFiles.older(in: directory.path)) == 0)
        try LogFile.write(LogFile.line(4), to: current)
        try follow(from: place) { followed, _ in
            #expect(eventually { followed.lines.withLock { $0.count } == 2 })
            try LogFile.write(String(LogFile.line(5).prefix(30)), to: current)
            try LogFile.write(String(LogFile.line(5).dropFirst(30)), to: current)
            #expect(eventually { followed.lines.withLock { $0.count } == 3 })
            #expect(try followed.lines.withLock { $0 } == [3, 4, 5].map { try LogFile.line($0) })
        }
    }
}
