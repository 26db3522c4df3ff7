import Testing

@testable import DiskMirror

@Suite struct MirrorTableTests {
    private static let resource = MirrorEvent.resource("r0", MirrorResourceFacts(role: .primary, suspension: []))
    private static let connection = MirrorEvent.connection(
        "r0", MirrorConnectionFacts(connection: .awaitingParameters, peerRole: .secondary))

    private static func device(_ volume: UInt32) -> MirrorEvent {
        .device(
            "r0", volume: volume,
            MirrorDeviceFacts(minor: 10 + volume, disk: .upToDate, sectors: 8, localRequests: 0))
    }

    private static func peerDevice(_ volume: UInt32) -> MirrorEvent {
        .peerDevice(
            "r0", volume: volume,
            MirrorPeerDeviceFacts(replication: .connected, peerDisk: .upToDate, isPaused: false, outOfSync: 0))
    }

    private static func table(_ events: [MirrorEvent]) -> MirrorTable {
        var table = MirrorTable()
        for event in events { table.apply(event) }
        return table
    }

    private static let whole = [
        .dumpBegins, resource, connection, device(0), device(1), peerDevice(0), peerDevice(1), .dumpEnds,
    ]

    @Test func itIsCompleteOnlyAfterTheDump() {
        #expect(!Self.table(Array(Self.whole.dropLast())).isComplete)
        #expect(Self.table(Self.whole).isComplete)
    }

    @Test func aNewDumpForgetsWhatItDoesNotTell() {
        let table = Self.table(Self.whole + [.dumpBegins, .dumpEnds])
        #expect(table.resources.isEmpty)
        #expect(table.isComplete)
    }

    @Test func severalVolumesAreToldApart() throws {
        let state = try #require(Self.table(Self.whole).resources["r0"])
        #expect(state.volumes.mapValues(\.minor) == [0: 10, 1: 11])
    }

    @Test func aConnectionThatIsGoneLeavesNoPeer() throws {
        let table = Self.table(
            Self.whole + [
                .peerDevice("r0", volume: 0, nil), .peerDevice("r0", volume: 1, nil), .connection("r0", nil),
            ])
        let state = try #require(table.resources["r0"])
        #expect(state.connection == .standAlone)
        #expect(state.peerRole == .unknown)
        #expect(state.volumes.values.allSatisfy { $0.peerDisk == .unknown && $0.replication == .standAlone })
        #expect(state.volumes.values.allSatisfy { $0.disk == .upToDate })
    }

    @Test func newsOfWhatIsGoneBringsNothingBack() {
        let table = Self.table(
            Self.whole + [
                .resource("r0", nil), .peerDevice("r0", volume: 0, nil), .device("r0", volume: 0, nil),
                .connection("r0", nil), .helperReturned("r0", name: "fence-peer", status: 0),
            ])
        #expect(table.resources.isEmpty)
    }

    @Test func aVolumeThatIsGoneStaysGone() throws {
        let table = Self.table(
            Self.whole + [.device("r0", volume: 1, nil), .peerDevice("r0", volume: 1, nil)])
        #expect(try #require(table.resources["r0"]).volumes.keys.sorted() == [0])
    }

    @Test func aHandlerRunsFromItsCallToItsReturn() throws {
        var table = Self.table(Self.whole + [.helperCalled("r0", name: "fence-peer")])
        #expect(table.resources["r0"]?.runningHelper == "fence-peer")
        table.apply(.helperReturned("r0", name: "fence-peer", status: 0))
        #expect(try #require(table.resources["r0"]).runningHelper == nil)
    }
}
