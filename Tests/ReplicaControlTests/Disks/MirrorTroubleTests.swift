import ReplicaModel
import Testing

@testable import DiskMirror
@testable import ReplicaControl

@Suite struct MirrorTroubleTests {
    private static let patience: Milliseconds = 3_000
    private static let second: UInt64 = 1_000_000_000

    /// A resource that is mirrored.
    private static func sound(_ change: (inout MirrorState) -> Void = { _ in }) -> MirrorState {
        var state = MirrorState(resource: "r0")
        state.connection = .awaitingParameters
        state.volumes[0] = MirrorState.Volume(
            minor: 0, disk: .upToDate, peerDisk: .upToDate, replication: .connected, isPaused: false, outOfSync: 0,
            sectors: 8, localRequests: 0)
        change(&state)
        return state
    }

    private static func lostPeer(isHeld: Bool) -> MirrorState {
        sound {
            $0.connection = .awaitingConnection
            $0.volumes[0]?.replication = .awaitingConnection
            $0.volumes[0]?.peerDisk = .unknown
            if isHeld { $0.suspension = .byFencing }
        }
    }

    @Test func aSoundMirrorIsNoTrouble() {
        #expect(MirrorTrouble(Self.sound(), now: 5) == nil)
        let verifying = Self.sound { $0.volumes[0]?.replication = .verifySource }
        #expect(MirrorTrouble(verifying, now: 5) == nil)
    }

    @Test func heldWritesAreWaitedForAndOthersAreNot() throws {
        let held = try #require(MirrorTrouble(Self.lostPeer(isHeld: true), now: 0))
        #expect(!held.endsProtection(patience: Self.patience, at: 2 * Self.second))
        #expect(held.endsProtection(patience: Self.patience, at: 3 * Self.second))
        // Without the hold the guest writes on, to one copy only.
        let free = try #require(MirrorTrouble(Self.lostPeer(isHeld: false), now: 0))
        #expect(free.endsProtection(patience: Self.patience, at: Self.second))
    }

    @Test(arguments: [MirrorConnection.syncSource, .syncTarget, .pausedSyncSource])
    func aResyncEndsTheProtection(replication: MirrorConnection) throws {
        let state = Self.sound {
            $0.volumes[0]?.replication = replication
            $0.suspension = .byFencing
        }
        let trouble = try #require(MirrorTrouble(state, now: 0))
        #expect(trouble.endsProtection(patience: Self.patience, at: Self.second))
    }

    @Test func aCopyThatIsNotTheNewestEndsTheProtection() throws {
        for change in [{ $0.disk = .failed }, { $0.peerDisk = .diskless }, { $0.peerDisk = .inconsistent }]
            as [(inout MirrorState.Volume) -> Void]
        {
            var volume = try #require(Self.sound().volumes[0])
            change(&volume)
            let trouble = try #require(MirrorTrouble(Self.sound { $0.volumes[0] = volume }, now: 0))
            #expect(trouble.endsProtection(patience: Self.patience, at: Self.second))
        }
    }

    @Test func aTroubleCountsFromWhenItBegan() throws {
        let first = try #require(MirrorTrouble(Self.lostPeer(isHeld: true), now: 10))
        let later = try #require(MirrorTrouble(Self.lostPeer(isHeld: true), before: ["r0": first], now: 20))
        #expect(later.since == 10)
        let other = try #require(MirrorTrouble(Self.lostPeer(isHeld: false), before: ["r0": first], now: 20))
        #expect(other.since == 20)
    }
}
