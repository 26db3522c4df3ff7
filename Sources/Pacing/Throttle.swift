internal import ReplicaModel

/// Decides how much of its processor time a guest keeps while the link or the backup cannot follow it.
///
/// Quickly down, slowly up: a guest that is held back a little too long loses some work, one that is let go too early loses
/// its protection.
public struct Throttle: Equatable, Sendable {
    /// What is to be done after an epoch.
    public enum Step: Equatable, Sendable {
        /// Nothing changes.
        case keep
        /// The guest keeps this much of 100 of its processor time.
        case limit(UInt64)
        /// The guest gets all of its processor time back.
        case lift
        /// The strongest throttling was too weak for too long: the protection ends.
        case giveUp
    }

    /// How the link and the backup bear an epoch.
    enum Load: Equatable {
        /// With room for more.
        case light
        /// Just so.
        case full
        /// They are too slow for it.
        case over
        /// The guest has written almost more than a checkpoint may have.
        case bursting
    }

    /// So many epochs one after the other are too slow before the guest is throttled: a host that stood still for a moment
    /// makes one.
    private static let overBeforeLimit = 2

    /// How much of 100 of its processor time the guest keeps.
    public private(set) var percent: UInt64 = 100
    /// How many epochs one after the other were too slow.
    private var over = 0
    /// Since when the strongest throttling is too weak.
    private var helplessSince: MonotonicTime?

    /// Starts with none.
    init() {}

    /// Takes one epoch into account.
    ///
    /// - Parameters:
    ///   - load: How it was borne.
    ///   - floor: What the guest keeps at least, of 100.
    ///   - patience: How long the strongest throttling may be too weak.
    ///   - now: This host's time.
    /// - Returns: What to do.
    mutating func observe(
        _ load: Load, floor: UInt64, patience: Milliseconds, at now: MonotonicTime
    ) -> Step {
        guard load == .over || load == .bursting else {
            over = 0
            helplessSince = nil
            return change(to: max(floor, load == .light ? min(100, percent + 5) : percent))
        }
        over += 1
        guard load == .bursting || over >= Self.overBeforeLimit else { return change(to: max(floor, percent)) }
        if percent > floor { return change(to: max(floor, percent * 3 / 4)) }
        let since = helplessSince ?? now
        helplessSince = since
        return now.nanoseconds(since: since) >= patience.nanoseconds ? .giveUp : change(to: floor)
    }

    /// The guest has its processor time back, whatever was decided.
    mutating func reset() { self = Throttle() }

    private mutating func change(to new: UInt64) -> Step {
        guard new != percent else { return .keep }
        percent = new
        return new == 100 ? .lift : .limit(new)
    }
}
