// Why the two copies of a disk are not kept alike, and how long a protection may bear it.

internal import DiskMirror
internal import ReplicaModel

/// A resource whose two copies are not kept alike.
struct MirrorTrouble: Equatable, Sendable {
    /// The resource, and what is wrong in DRBD's words.
    var text: String
    /// Whether the guest's writes wait meanwhile, so that both copies are still alike once the peer is back.
    var isHeld: Bool
    /// Since when, in nanoseconds of the monotonic clock.
    var since: UInt64

    /// DRBD tells a change in several events; what is gone after so many nanoseconds was none.
    static let settling: UInt64 = 200_000_000

    /// Looks at a resource; makes nothing when each write goes to both hosts.
    ///
    /// - Parameters:
    ///   - state: What DRBD told of it.
    ///   - before: The troubles of before, by the resources.
    ///   - now: Nanoseconds of the monotonic clock.
    init?(_ state: MirrorState, before: [String: MirrorTrouble] = [:], now: UInt64) {
        guard let trouble = state.trouble else { return nil }
        text = "\(state.resource): \(trouble)"
        let isHeld = state.suspension.contains(.byFencing) && !state.hasPeer
        self.isHeld = isHeld
        let old = before[state.resource]
        // A trouble of another kind has its own time.
        since = old.flatMap { $0.isHeld == isHeld ? $0.since : nil } ?? now
    }

    /// Makes a trouble.
    init(text: String, isHeld: Bool, since: UInt64) {
        self.text = text
        self.isHeld = isHeld
        self.since = since
    }

    /// Whether a protection has to end (safety rule 3).
    ///
    /// Held writes are sent again when the peer is back, and both copies are alike; anything else may resync, of which
    /// neither the undo logs nor the write counters know.
    ///
    /// - Parameters:
    ///   - patience: How long a guest's writes may be held.
    ///   - now: Nanoseconds of the monotonic clock.
    /// - Returns: Whether it is at its end now.
    func endsProtection(patience: Milliseconds, at now: UInt64) -> Bool {
        now >= since + (isHeld ? patience.nanoseconds : Self.settling)
    }
}

extension MirrorState {
    /// Why its copies are not kept alike, in few words; `nil` when each write goes to both.
    var trouble: String? {
        guard hasPeer else { return "\(connection)" }
        for (_, volume) in volumes.sorted(by: { $0.key < $1.key }) {
            switch volume.replication {
            case .connected, .verifySource, .verifyTarget: break
            default: return "\(volume.replication)"
            }
            if volume.disk != .upToDate { return "the copy here is \(volume.disk)" }
            if volume.peerDisk != .upToDate { return "the peer's copy is \(volume.peerDisk)" }
        }
        return nil
    }
}
