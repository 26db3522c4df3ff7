import Testing

@testable import DiskMirror

/// The cases of docs/decisions/0020: A is the identifier before the takeover, X that of the promotion.
@Suite struct UndoSettlementTests {
    private static let a: UInt64 = 0xa0
    private static let x: UInt64 = 0xb0
    private static let peers: UInt64 = 0xc0

    private static func identifiers(_ current: UInt64, _ bitmap: UInt64, _ history: [UInt64] = []) -> MirrorIdentifiers
    {
        MirrorIdentifiers(current: current, bitmap: bitmap, history: history, flags: 0)
    }

    private static let mark = UndoMark(identifiers(x, a))

    private func settle(
        _ identifiers: MirrorIdentifiers, isInconsistent: Bool = false, isConnected: Bool = false
    ) -> UndoSettlement {
        UndoSettlement(
            mark: Self.mark, identifiers: identifiers, isInconsistent: isInconsistent, isConnected: isConnected)
    }

    @Test func isAppliedToTheVeryDataThatTheTakeoverMade() {
        #expect(settle(Self.identifiers(Self.x, Self.a)) == .apply)
        // Still primary, or secondary again after the crash.
        #expect(settle(Self.identifiers(Self.x | 1, Self.a)) == .apply)
    }

    @Test func isNeverAppliedBesideAPeer() {
        #expect(settle(Self.identifiers(Self.x, Self.a), isConnected: true) == .refuse(.connected))
    }

    @Test func isDroppedWhenThePeersDataTookItsPlace() {
        // The old primary went on alone and was the source of a resync: its names are here now.
        #expect(settle(Self.identifiers(Self.peers, 0, [Self.a])) == .drop(.superseded))
        #expect(settle(Self.identifiers(Self.a, 0)) == .drop(.superseded))
    }

    @Test func isDroppedWhenTheCopyIsToBeWrittenAnew() {
        #expect(settle(Self.identifiers(Self.x, Self.a), isInconsistent: true) == .drop(.copyGivenUp))
    }

    @Test func isRefusedWhenHalfOfItWasUsed() {
        // A resync to the peer has begun, is done, or the disk was made primary by force.
        #expect(settle(Self.identifiers(Self.x, Self.a + 0x10, [Self.a])) == .refuse(.usedSince))
        #expect(settle(Self.identifiers(Self.x, 0, [Self.a])) == .refuse(.usedSince))
        #expect(settle(Self.identifiers(Self.peers, Self.x)) == .refuse(.usedSince))
        #expect(settle(Self.identifiers(Self.peers, 0, [Self.a, Self.x])) == .refuse(.usedSince))
    }

    private func status(_ identifiers: MirrorIdentifiers?) -> MirrorStatus {
        MirrorStatus(
            resource: "r0", volume: 0, minor: 0, role: .secondary, peerRole: .unknown, replication: .standAlone,
            diskState: identifiers == nil ? .diskless : .upToDate, peerDiskState: .unknown,
            disk: identifiers.map {
                MirrorStatus.Disk(
                    backingDevice: "/dev/mapper/replicactl-r0", metadataDevice: "/dev/vdc",
                    hasInternalMetadata: false, fencing: .dontCare, identifiers: $0, blocksOutOfSync: 0)
            }, connection: nil, resyncThousandths: nil)
    }

    @Test func meansNothingWhenItOrAnotherOfTheTakeoverIsNotMarked() {
        // Even with the identifiers that it would be applied to: a primary that was only held goes on under them.
        let promoted = status(Self.identifiers(Self.x, Self.a))
        #expect(UndoSettlement(marks: [nil], status: promoted) == .drop(.notBegun))
        #expect(UndoSettlement(marks: [Self.mark, nil], status: promoted) == .drop(.notBegun))
        #expect(UndoSettlement(marks: [nil, Self.mark], status: promoted) == .drop(.notBegun))
        #expect(UndoSettlement(marks: [Self.mark, Self.mark], status: promoted) == .apply)
    }

    @Test func isNotJudgedWithoutADisk() {
        #expect(UndoSettlement(marks: [Self.mark], status: status(nil)) == .refuse(.noDisk))
    }
}
