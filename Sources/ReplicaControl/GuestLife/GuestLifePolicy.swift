public import ReplicaModel
public import XenToolstack

/// Decides what becomes of a domain whose guest has ended: what `xl`'s own monitor would do, in the order that the
/// safety rules ask for.
///
/// The guest's last output, such as the end of its connections, is still held, and no further checkpoint can cover it:
/// a guest that has shut down cannot suspend. It may go when the backup has said that its replica is gone, because
/// nothing can contradict it then (safety rule 1). For the same reason the domain is not made anew before that: the
/// replica might take over meanwhile, and there would be two (safety rule 2). Until it is known who owns the
/// domain, the shut-down domain stays as it is, with its output held; it costs memory and nothing else.
public enum GuestLifePolicy {
    /// What is known about the replica.
    public enum Replica: Equatable, Sendable {
        /// It may take over, or may have done so.
        case mayTakeOver
        /// There is none, or the backup has said that it is gone; all output was let go.
        case gone
        /// The peer runs the domain.
        case tookOver
    }

    /// From one start of a guest by this host to the next one, at least.
    ///
    /// `xl` makes a guest anew without end and as fast as it can (two seconds apart); this bound only slows that down.
    public static let restartInterval: Milliseconds = 10_000

    /// Plans what is to be done.
    ///
    /// - Parameters:
    ///   - end: How the guest ended.
    ///   - actions: What its configuration wants.
    ///   - replica: What is known about the replica.
    ///   - previousStart: When this host last made the domain anew; `nil` when it never did.
    ///   - now: This host's time.
    /// - Returns: `nil` while it is not known that the replica is gone: nothing may be done yet (safety rule 2).
    public static func plan(
        after end: GuestEnd, actions: LifecycleActions, replica: Replica, previousStart: MonotonicTime?,
        at now: MonotonicTime
    ) -> GuestLifePlan? {
        var steps: [GuestLifePlan.Step]
        switch replica {
        case .mayTakeOver: return nil
        case .gone: steps = Self.steps(of: actions.action(for: end))
        // This copy is superseded, whatever its configuration wants; its held output goes nowhere.
        case .tookOver: steps = [.destroy]
        }
        let isGone = end == .destroyed
        if isGone { steps = [] }
        var notBefore = now
        if steps.contains(.create), let previousStart { notBefore = max(now, previousStart + restartInterval) }
        return GuestLifePlan(steps: steps, isGone: isGone, notBefore: notBefore)
    }

    private static func steps(of action: LifecycleActions.Action?) -> [GuestLifePlan.Step] {
        switch action {
        case .preserve, nil: []
        case .destroy: [.destroy]
        case .restart: [.destroy, .create]
        case .renameRestart: [.setAside, .create]
        case .coredumpDestroy: [.dumpCore, .destroy]
        case .coredumpRestart: [.dumpCore, .destroy, .create]
        // Libxl resets in place only a guest with a device model; another kernel is started all the same.
        case .softReset: [.destroy, .create]
        }
    }
}
