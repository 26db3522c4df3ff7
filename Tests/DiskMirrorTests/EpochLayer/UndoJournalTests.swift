import Glibc
import ReplicaModel
import SystemKit
import TestSupport
import Testing

@testable import DiskMirror

@Suite struct UndoJournalTests {
    private static let purpose = UndoPurpose(
        resource: "r0", epoch: Epoch(rawValue: 7), generation: Generation(rawValue: 3), takeover: 0x1122_3344_5566_7788)
    private static let promoted = MirrorIdentifiers(current: 0x99, bitmap: 0x42, history: [0x40], flags: 0)
    private static let diskBytes: UInt64 = 64 * 4096 + 512
    private static let runs = [
        UndoRun(offset: 4096, bytes: 8192), UndoRun(offset: 40 * 4096, bytes: 4096),
        UndoRun(offset: 64 * 4096, bytes: 512),
    ]

    private let folder: TemporaryDirectory
    private var journal: String { folder.path + "/r0.undo" }
    private var disk: String { folder.path + "/disk" }

    init() throws {
        folder = try TemporaryDirectory()
        try write(disk, [UInt8](repeating: 0xff, count: Int(Self.diskBytes)))
    }

    private func write(_ path: String, _ bytes: [UInt8]) throws {
        let file = try FileDescriptor.opened(path, O_WRONLY | O_CREAT | O_TRUNC)
        try bytes.span.bytes.withUnsafeBytes { (raw) throws(EpochLayerError) in try file.writeAll(raw, at: 0, of: path)
        }
    }

    private func read(_ path: String) throws -> [UInt8] { try FileDescriptor.contents(of: path, atMost: 1 << 24) }

    private func make(_ runs: [UndoRun] = runs) throws {
        // The old content counts on over all runs.
        var next: UInt8 = 0
        _ = try UndoJournal.write(
            purpose: Self.purpose, diskBytes: Self.diskBytes, runs: runs, folder: folder.path
        ) { (room) throws(EpochLayerError) in
            // Pieces of odd lengths, as a source may give them.
            let count = min(room.count, 1000)
            for index in 0..<count {
                room[index] = next
                next = next == 250 ? 0 : next + 1
            }
            return count
        }
    }

    private func expectedDisk() -> [UInt8] {
        var bytes = [UInt8](repeating: 0xff, count: Int(Self.diskBytes))
        var next: UInt8 = 0
        for run in Self.runs {
            for offset in Int(run.offset)..<Int(run.offset + run.bytes) {
                bytes[offset] = next
                next = next == 250 ? 0 : next + 1
            }
        }
        return bytes
    }

    private func begin() throws { try UndoJournal.begin(of: "r0", in: folder.path, as: Self.promoted) }

    private func pending() throws -> Rollback {
        guard let rollback = try Rollback.pending(of: "r0", in: folder.path) else {
            throw EpochLayerError.badLimit("no journal")
        }
        return rollback
    }

    private func isPending() throws -> Bool {
        switch try Rollback.pending(of: "r0", in: folder.path) {
        case .some: true
        case .none: false
        }
    }

    private func fault() -> UndoJournalFault? {
        do throws(EpochLayerError) {
            _ = try Rollback.pending(of: "r0", in: folder.path)
            return nil
        } catch {
            guard case .journalUnusable(_, let fault) = error else { return nil }
            return fault
        }
    }

    @Test func takesADiskBackAndIsGoneThen() throws {
        try make()
        try begin()
        let rollback = try pending()
        let header = rollback.header
        #expect(header.epoch == Self.purpose.epoch)
        #expect(header.generation == Self.purpose.generation)
        #expect(header.takeover == Self.purpose.takeover)
        #expect(header.dataBytes == 8192 + 4096 + 512)
        try rollback.apply(to: disk, as: Self.promoted)
        #expect(try read(disk) == expectedDisk())
        #expect(TemporaryDirectory.names(in: folder.path) == ["disk"])
        #expect(try !isPending())
    }

    @Test func doesTheSameWhenACrashHadItAppliedInPart() throws {
        try make()
        try begin()
        let saved = try read(journal)
        try pending().apply(to: disk, as: Self.promoted)
        // As if the crash had come before the deletion, with some of the writes lost.
        try write(journal, saved)
        var torn = try read(disk)
        for offset in 8192..<9000 { torn[offset] = 0x55 }
        try write(disk, torn)
        try pending().apply(to: disk, as: Self.promoted)
        #expect(try read(disk) == expectedDisk())
    }

    @Test func isRefusedAtEveryLengthButItsOwn() throws {
        try make()
        let whole = try read(journal)
        for length in (0..<whole.count).reversed() {
            truncate(journal, off_t(length))
            #expect(fault() == .wrongLength)
        }
        try write(journal, whole + [0])
        #expect(fault() == .wrongLength)
        try write(journal, whole)
        #expect(fault() == nil)
    }

    @Test func isRefusedWithAnyBitFlipped() throws {
        try make()
        try begin()
        let whole = try read(journal)
        let file = try FileDescriptor.opened(journal, O_WRONLY)
        func put(_ byte: UInt8, _ offset: Int) throws {
            try withUnsafeBytes(of: byte) { (raw) throws(EpochLayerError) in
                try file.writeAll(raw, at: UInt64(offset), of: journal)
            }
        }
        for offset in 0..<whole.count {
            try put(whole[offset] ^ 1 << UInt8(offset % 8), offset)
            #expect(fault() != nil, "offset \(offset)")
            try put(whole[offset], offset)
        }
        #expect(fault() == nil)
    }

    @Test func isNotThereBeforeItIsWhole() throws {
        #expect(throws: EpochLayerError.system(action: "read", object: "store", code: EIO)) {
            try UndoJournal.write(
                purpose: Self.purpose, diskBytes: Self.diskBytes, runs: Self.runs, folder: folder.path
            ) { _ throws(EpochLayerError) in throw .system(action: "read", object: "store", code: EIO) }
        }
        #expect(TemporaryDirectory.names(in: folder.path) == ["disk"])
    }

    @Test func doesNotCountBeforeItsName() throws {
        try make()
        rename(journal, journal + ".new")
        #expect(try !isPending())
        try UndoJournal.remove(of: "r0", in: folder.path)
        #expect(TemporaryDirectory.names(in: folder.path) == ["disk"])
        #expect(throws: Never.self) { try UndoJournal.remove(of: "r0", in: folder.path) }
    }

    @Test func isOfOneResource() throws {
        try make()
        rename(journal, folder.path + "/r1.undo")
        #expect(
            throws: EpochLayerError.journalUnusable(path: folder.path + "/r1.undo", fault: .otherResource("r0"))
        ) { _ = try Rollback.pending(of: "r1", in: folder.path) }
    }

    @Test(arguments: [
        [UndoRun(offset: 8192, bytes: 4096), UndoRun(offset: 4096, bytes: 4096)],
        [UndoRun(offset: 4096, bytes: 8192), UndoRun(offset: 8192, bytes: 4096)],
        [UndoRun(offset: 64 * 4096, bytes: 4096)], [UndoRun(offset: .max - 100, bytes: 512)],
    ])
    func refusesRunsThatOverlapOrReachBeyondTheDisk(runs: [UndoRun]) throws {
        try make(runs)
        #expect(fault() == .badRuns)
    }

    @Test func cutsOffWhatReachesOverTheEndOfASmallerDevice() throws {
        try make()
        try begin()
        // DRBD's device may be a little smaller than the disk below it: here by half of the last piece.
        truncate(disk, off_t(Self.diskBytes - 256))
        try pending().apply(to: disk, as: Self.promoted)
        #expect(try read(disk) == Array(expectedDisk().dropLast(256)))
    }

    @Test func writesNothingToADeviceThatIsFarTooSmall() throws {
        try make()
        try begin()
        truncate(disk, 64 * 4096)
        let before = try read(disk)
        #expect(
            throws: EpochLayerError.journalUnusable(
                path: journal, fault: .deviceTooSmall(deviceBytes: 64 * 4096))
        ) { try Rollback.pending(of: "r0", in: folder.path)?.apply(to: disk, as: Self.promoted) }
        #expect(try read(disk) == before)
        #expect(fault() == nil)
    }

    @Test func isNotAppliedBeforeItIsMarked() throws {
        try make()
        let before = try read(disk)
        #expect(throws: EpochLayerError.journalUnusable(path: journal, fault: .otherData)) {
            try Rollback.pending(of: "r0", in: folder.path)?.apply(to: disk, as: Self.promoted)
        }
        #expect(try read(disk) == before)
        #expect(try isPending())
    }

    @Test func isAppliedToTheDataThatItWasMarkedForOnly() throws {
        try make()
        try begin()
        // The role's bit is no part of an identifier.
        #expect(try UndoJournal.header(of: "r0", in: folder.path)?.mark == UndoMark(Self.promoted))
        #expect(UndoMark(Self.promoted).current == 0x98)
        let before = try read(disk)
        for other in [(0x9a, 0x42), (0x99, 0), (0x99, 0x44)] as [(UInt64, UInt64)] {
            let identifiers = MirrorIdentifiers(current: other.0, bitmap: other.1, history: [0x40], flags: 0)
            #expect(throws: EpochLayerError.journalUnusable(path: journal, fault: .otherData)) {
                try Rollback.pending(of: "r0", in: folder.path)?.apply(to: disk, as: identifiers)
            }
            #expect(throws: EpochLayerError.journalUnusable(path: journal, fault: .otherData)) {
                try UndoJournal.begin(of: "r0", in: folder.path, as: identifiers)
            }
        }
        #expect(try read(disk) == before)
        try begin()
        try pending().apply(to: disk, as: Self.promoted)
        #expect(try read(disk) == expectedDisk())
    }

    @Test func namesTheResourcesThatHaveOne() throws {
        try make()
        try write(folder.path + "/r2.undo.new", [1])
        try write(folder.path + "/..undo", [1])
        #expect(UndoJournal.resources(in: folder.path) == ["r0"])
        #expect(UndoJournal.resources(in: folder.path + "/none").isEmpty)
        #expect(throws: Never.self) { try UndoJournal.begin(of: "r7", in: folder.path, as: Self.promoted) }
    }
}
