import Testing

@testable import DiskMirror

/// What a real kernel sent, read and folded.
@Suite struct MirrorRecordingTests {
    @Test func theDumpTellsAWholeResource() throws {
        var table = MirrorTable()
        for event in try Recording("dump-connected").events() { table.apply(event) }
        let state = try #require(table.resources["r0"])
        #expect(table.isComplete)
        #expect(table.resources.count == 1)
        #expect(state.role == .primary)
        #expect(state.peerRole == .secondary)
        #expect(state.hasPeer)
        #expect(state.suspension == [])
        let volume = try #require(state.volumes[0])
        #expect(volume.minor == 0)
        #expect(volume.disk == .upToDate)
        #expect(volume.peerDisk == .upToDate)
        #expect(volume.replication == .connected)
        #expect(volume.sectors == 2_097_152)
    }

    /// The link is cut, the kernel holds the writes, the order to go on alone comes, the peer returns and is resynced.
    @Test func theEventsTellHowThePeerWasLostAndCameBack() throws {
        var table = MirrorTable()
        for event in try Recording("dump-connected").events() { table.apply(event) }
        var story: [String] = []
        for event in try Recording("peer-lost-and-back").events() {
            if case .helperCalled(_, let name) = event { story.append("helper \(name)") }
            table.apply(event)
            guard let state = table.resources["r0"], let volume = state.volumes[0] else { continue }
            let line =
                "\(state.role)/\(state.peerRole) \(state.connection) \(volume.replication) "
                + "\(volume.disk)/\(volume.peerDisk) held \(state.suspension)"
            if story.last != line { story.append(line) }
        }
        #expect(story == Self.story)
        let state = try #require(table.resources["r0"])
        #expect(state.runningHelper == nil)
    }

    private static let story = [
        "Primary/Secondary WFReportParams Connected UpToDate/UpToDate held fencing",
        "Primary/Unknown NetworkFailure Connected UpToDate/UpToDate held fencing",
        "Primary/Unknown NetworkFailure WFReportParams UpToDate/DUnknown held fencing",
        "Primary/Unknown Unconnected WFReportParams UpToDate/DUnknown held fencing",
        "Primary/Unknown WFConnection WFReportParams UpToDate/DUnknown held fencing",
        "helper fence-peer",
        "Primary/Unknown WFConnection WFReportParams UpToDate/DUnknown held fencing",
        "Primary/Unknown Disconnecting WFReportParams UpToDate/DUnknown held fencing",
        "Primary/Unknown StandAlone WFReportParams UpToDate/DUnknown held fencing",
        "Primary/Unknown StandAlone StandAlone UpToDate/DUnknown held fencing",
        "helper fence-peer",
        "Primary/Unknown StandAlone StandAlone UpToDate/DUnknown held fencing",
        "Primary/Unknown StandAlone StandAlone UpToDate/DUnknown held no",
        "Primary/Unknown StandAlone WFReportParams UpToDate/DUnknown held no",
        "Primary/Unknown Unconnected WFReportParams UpToDate/DUnknown held no",
        "Primary/Unknown WFConnection WFReportParams UpToDate/DUnknown held no",
        "Primary/Unknown WFReportParams WFReportParams UpToDate/DUnknown held no",
        "Primary/Secondary WFReportParams WFReportParams UpToDate/DUnknown held no",
        "Primary/Secondary WFReportParams WFBitMapS UpToDate/Consistent held no",
        "helper before-resync-source",
        "Primary/Secondary WFReportParams WFBitMapS UpToDate/Consistent held no",
        "Primary/Secondary WFReportParams SyncSource UpToDate/Inconsistent held no",
        "Primary/Secondary WFReportParams Connected UpToDate/UpToDate held no",
    ]

    @Test func theStatusTellsSettingsIdentifiersAndProgress() throws {
        let row = try #require(try Recording("status-syncing").status().first)
        #expect(row.resource == "r0")
        #expect(row.volume == 0)
        #expect(row.minor == 0)
        #expect(row.role == .primary)
        #expect(row.peerRole == .secondary)
        #expect(row.replication == .syncSource)
        #expect(row.diskState == .upToDate)
        #expect(row.peerDiskState == .inconsistent)
        let disk = try #require(row.disk)
        #expect(disk.backingDevice == "/dev/mapper/replicactl-r0")
        #expect(disk.metadataDevice == "/dev/vdc")
        #expect(!disk.hasInternalMetadata)
        let connection = try #require(row.connection)
        #expect(connection.wireProtocol == .c)
        #expect(!connection.allowsTwoPrimaries)
        let done = try #require(row.resyncThousandths)
        #expect((0..<1000).contains(done))
    }
}
