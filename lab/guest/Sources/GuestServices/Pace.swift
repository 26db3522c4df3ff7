/// When a periodic action is due, without catching up after the machine stood still.
///
/// A guest that was paused, or failed over, goes on at its set pace; it does not send a burst for the lost time.
struct Pace {
    /// Nanoseconds from one action to the next.
    var period: UInt64
    /// When the next action is due, in nanoseconds of the monotonic clock.
    private(set) var due: UInt64

    /// The first action is due one period after `now`.
    init(period: UInt64, now: UInt64) {
        self.period = period
        due = now + period
    }

    /// Says whether the action is due; if so, the next one is due a period later.
    ///
    /// - Parameter now: The present reading of the monotonic clock.
    /// - Returns: True at most once a period.
    mutating func takeTurn(at now: UInt64) -> Bool {
        guard now >= due else {
            // Only a clock that went back puts the action further away than a period: do not wait for its return.
            due = min(due, now + period)
            return false
        }
        due = now - due < period ? due + period : now + period
        return true
    }
}
