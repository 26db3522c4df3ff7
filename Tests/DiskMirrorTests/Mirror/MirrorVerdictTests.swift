import Testing

@testable import DiskMirror

@Suite struct MirrorVerdictTests {
    /// A resource that protects, with the changes of one case.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var side = MirrorObstacle.Side.primary
        var state: @Sendable (inout MirrorState) -> Void = { _ in }
        var volume: @Sendable (inout MirrorState.Volume) -> Void = { _ in }
        var lower = "/dev/mapper/replicactl-r0"
        var hasInternalMetadata = false
        var wireProtocol = MirrorProtocol.c
        var allowsTwoPrimaries = false
        var hasDisk = true
        var hasConnection = true
        var thousandths: Int?
        var hasStatus = true
        let obstacles: [MirrorObstacle]

        func verdict() -> MirrorVerdict {
            var state = MirrorState(resource: "r0")
            state.role = side == .primary ? .primary : .secondary
            state.peerRole = side == .primary ? .secondary : .primary
            state.connection = .awaitingParameters
            var volume = MirrorState.Volume(
                minor: 0, disk: .upToDate, peerDisk: .upToDate, replication: .connected, isPaused: false, outOfSync: 0,
                sectors: 8, localRequests: 0)
            self.volume(&volume)
            state.volumes = [0: volume]
            self.state(&state)
            return MirrorVerdict(of: state, status: hasStatus ? [row(volume)] : [], on: side)
        }

        private func row(_ volume: MirrorState.Volume) -> MirrorStatus {
            MirrorStatus(
                resource: "r0", volume: 0, minor: 0, role: .primary, peerRole: .secondary,
                replication: volume.replication, diskState: volume.disk, peerDiskState: volume.peerDisk,
                disk: hasDisk
                    ? MirrorStatus.Disk(
                        backingDevice: lower, metadataDevice: "/dev/vdc", hasInternalMetadata: hasInternalMetadata,
                        fencing: .dontCare,
                        identifiers: MirrorIdentifiers(current: 1, bitmap: 0, history: [0, 0], flags: 0),
                        blocksOutOfSync: 0) : nil,
                connection: hasConnection
                    ? MirrorStatus.Connection(
                        wireProtocol: wireProtocol, allowsTwoPrimaries: allowsTwoPrimaries,
                        addresses: MirrorStatus.Addresses(mine: [1], peer: [2])) : nil,
                resyncThousandths: thousandths)
        }
    }

    static let cases = [
        Case(testDescription: "sound on the primary", obstacles: []),
        Case(testDescription: "sound on the backup", side: .backup, obstacles: []),
        Case(
            testDescription: "sound while a verify runs", volume: { $0.replication = .verifySource }, obstacles: []),
        Case(
            testDescription: "the peer does not answer",
            state: {
                $0.connection = .awaitingConnection
                $0.peerRole = .unknown
            },
            volume: {
                $0.replication = .awaitingParameters
                $0.peerDisk = .unknown
            },
            obstacles: [.disconnected(.awaitingConnection)]),
        Case(
            testDescription: "stand alone, as after a split brain",
            state: {
                $0.connection = .standAlone
                $0.peerRole = .unknown
            },
            volume: {
                $0.replication = .standAlone
                $0.peerDisk = .unknown
            }, hasConnection: false, obstacles: [.standAlone]),
        Case(
            testDescription: "held after the peer was lost",
            state: {
                $0.connection = .awaitingConnection
                $0.suspension = .byFencing
            }, obstacles: [.disconnected(.awaitingConnection), .suspended(.byFencing)]),
        Case(
            testDescription: "connected, and the volume has not joined yet",
            volume: { $0.replication = .awaitingParameters }, obstacles: [.disconnected(.awaitingParameters)]),
        Case(
            testDescription: "resync to the peer",
            volume: {
                $0.replication = .syncSource
                $0.peerDisk = .inconsistent
            }, thousandths: 626,
            obstacles: [.resyncing(volume: 0, toPeer: true, thousandths: 626), .peerDisk(volume: 0, .inconsistent)]),
        Case(
            testDescription: "resync from the peer", side: .backup,
            volume: {
                $0.replication = .syncTarget
                $0.disk = .inconsistent
            }, thousandths: 5,
            obstacles: [.resyncing(volume: 0, toPeer: false, thousandths: 5), .disk(volume: 0, .inconsistent)]),
        Case(
            testDescription: "resync paused",
            volume: {
                $0.replication = .pausedSyncSource
                $0.peerDisk = .inconsistent
            }, obstacles: [.resyncPaused(volume: 0, thousandths: nil), .peerDisk(volume: 0, .inconsistent)]),
        Case(
            testDescription: "ahead of the peer",
            volume: {
                $0.replication = .ahead
                $0.peerDisk = .consistent
            }, obstacles: [.notKeepingUp(volume: 0), .peerDisk(volume: 0, .consistent)]),
        Case(
            testDescription: "diskless here", volume: { $0.disk = .diskless }, hasDisk: false,
            obstacles: [.disk(volume: 0, .diskless)]),
        Case(
            testDescription: "outdated there", volume: { $0.peerDisk = .outdated },
            obstacles: [.peerDisk(volume: 0, .outdated)]),
        Case(testDescription: "protocol A", wireProtocol: .a, obstacles: [.wireProtocol(.a)]),
        Case(testDescription: "protocol B", wireProtocol: .b, obstacles: [.wireProtocol(.b)]),
        Case(testDescription: "two primaries allowed", allowsTwoPrimaries: true, obstacles: [.twoPrimaries]),
        Case(
            testDescription: "not primary where the guest runs", state: { $0.role = .secondary },
            obstacles: [.notPrimary(.secondary)]),
        Case(
            testDescription: "primary where the replica is", side: .backup, state: { $0.role = .primary },
            obstacles: [.notSecondary(.primary)]),
        Case(
            testDescription: "the peer is primary as well", state: { $0.peerRole = .primary },
            obstacles: [.peerRole(.primary)]),
        Case(
            testDescription: "internal metadata", hasInternalMetadata: true,
            obstacles: [.internalMetadata(volume: 0)]),
        Case(
            testDescription: "no epoch layer", lower: "/dev/vdb",
            obstacles: [.noEpochLayer(volume: 0, lower: "/dev/vdb")]),
        Case(testDescription: "no volume", state: { $0.volumes = [:] }, obstacles: [.noVolume]),
        Case(testDescription: "no status", hasStatus: false, obstacles: [.unknownSettings(volume: 0)]),
    ]

    @Test(arguments: cases) func aResourceIsJudgedByEverythingThatObstructs(it: Case) {
        #expect(it.verdict().obstacles == it.obstacles)
        #expect((it.verdict() == .sound) == it.obstacles.isEmpty)
    }

    @Test func aResourceThatDRBDDoesNotKnowIsNotSound() {
        #expect(MirrorVerdict(of: nil, status: [], on: .primary) == .obstructed([.absent]))
    }

    @Test func oneBadVolumeOfSeveralObstructs() {
        var state = MirrorState(resource: "r0")
        state.role = .primary
        state.peerRole = .secondary
        state.connection = .awaitingParameters
        let good = MirrorState.Volume(
            minor: 0, disk: .upToDate, peerDisk: .upToDate, replication: .connected, isPaused: false, outOfSync: 0,
            sectors: 8, localRequests: 0)
        var bad = good
        bad.disk = .inconsistent
        state.volumes = [0: good, 1: bad]
        let obstacles = MirrorVerdict(of: state, status: [], on: .primary).obstacles
        #expect(
            obstacles == [
                .unknownSettings(volume: 0), .disk(volume: 1, .inconsistent), .unknownSettings(volume: 1),
            ])
    }

    @Test(arguments: cases.flatMap(\.obstacles) + [.absent])
    func everyObstacleSaysWhatIsWrongAndWhatToDo(obstacle: MirrorObstacle) {
        #expect(!obstacle.problem.isEmpty)
        #expect(!obstacle.advice.isEmpty)
        #expect(obstacle.description == "\(obstacle.problem): \(obstacle.advice)")
    }

    @Test func progressIsToldInPercent() {
        let obstacle = MirrorObstacle.resyncing(volume: 1, toPeer: true, thousandths: 626)
        #expect(obstacle.problem == "volume 1 is being resynced to the peer, 62.6 % done")
    }
}
