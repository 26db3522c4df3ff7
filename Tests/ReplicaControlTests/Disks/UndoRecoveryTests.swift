import Glibc
import ReplicaModel
import TestSupport
import Testing

@testable import DiskMirror
@testable import ReplicaControl

/// The journals themselves are tested with DiskMirror; here is which of them belong together.
@Suite struct UndoRecoveryTests {
    private let folder: TemporaryDirectory
    private let recovery: UndoRecovery

    init() throws {
        folder = try TemporaryDirectory()
        recovery = UndoRecovery(folder: folder.path)
    }

    private func write(_ resource: String, takeover: UInt64) throws {
        let purpose = UndoPurpose(
            resource: resource, epoch: Epoch(rawValue: 1), generation: Generation(rawValue: 1), takeover: takeover)
        _ = try UndoJournal.write(purpose: purpose, diskBytes: 4096, runs: [], folder: folder.path) {
            _ throws(EpochLayerError) in 0
        }
    }

    private func mark(_ resource: String) throws {
        let identifiers = MirrorIdentifiers(current: 0x10, bitmap: 0x20, history: [], flags: 0)
        try UndoJournal.begin(of: resource, in: folder.path, as: identifiers)
    }

    @Test func theDisksOfATakeoverBelongTogether() throws {
        try write("r0", takeover: 1)
        try write("r1", takeover: 2)
        try write("r2", takeover: 1)
        try write("r3", takeover: 0)
        try write("r4", takeover: 0)
        #expect(
            recovery.groups(of: ["r0", "r1", "r2", "r3", "r4"]) == [["r0", "r2"], ["r1"], ["r3"], ["r4"]])
    }

    @Test func oneThatIsNotMarkedTellsForAllAndGoesLast() throws {
        for name in ["r0", "r1", "r2"] { try write(name, takeover: 1) }
        for name in ["r1", "r2"] { try mark(name) }
        let group = ["r0", "r1", "r2"]
        #expect(recovery.order(group) == ["r1", "r2", "r0"])
        // As they are deleted, the one without a mark is seen until the end.
        for name in recovery.order(group) {
            #expect(try recovery.marks(of: name, in: group).contains { $0 == nil })
            try UndoJournal.remove(of: name, in: folder.path)
        }
    }

    @Test func allMarkedOnesAreAppliedWhateverIsDoneAlready() throws {
        for name in ["r0", "r1"] { try write(name, takeover: 1) }
        for name in ["r0", "r1"] { try mark(name) }
        try UndoJournal.remove(of: "r0", in: folder.path)
        #expect(try recovery.marks(of: "r1", in: ["r0", "r1"]).count == 1)
        #expect(try recovery.marks(of: "r1", in: ["r0", "r1"]).allSatisfy { $0 != nil })
    }
}
