public import ReplicaModel

/// The primary's right to release output of one domain (safety rule 2).
///
/// Why the primary's end always comes before the backup's start. Let the newest confirmed message be sent at `s` on the
/// primary's clock. The clock was read before the message left, the backup heard it at `r` on its own clock after it
/// arrived, so in real time `r` is not before `s`. The primary stops when its clock passes `s + duration`; the backup
/// starts when its clock passes `r + duration + margin`, or later when it heard anything newer. The two waits begin in
/// this order, and the backup's is longer as long as its clock runs at most `1 + margin / duration` times as fast as
/// the primary's: 12.5 % at the defaults, where real clocks differ by less than 0.1 %. No offset between the clocks and
/// no delay of any message enters the argument. Nor does a freeze: the clock goes on in it, so a thawed primary finds
/// its lease run out, and a thawed backup only starts later.
///
/// What the backup hears after it decided to take over must renew nothing: see ``ActivationGate`` and
/// ``HeartbeatReport/confirmedSendTime(for:generation:)``.
public struct PrimaryLease: Equatable, Sendable {
    /// The terms that both hosts share.
    public let terms: LeaseTerms
    /// The newest send time that the backup confirmed; `nil` before the first.
    public private(set) var confirmed: MonotonicTime?

    /// Makes a lease that was never granted.
    public init(terms: LeaseTerms) { self.terms = terms }

    /// Takes a confirmation into account; one older than the newest changes nothing.
    ///
    /// - Parameter sendTime: When this host sent what the backup confirms: the heartbeat that it echoes, or the last
    ///   byte of the checkpoint that it acknowledges; read before sending.
    public mutating func renew(confirmed sendTime: MonotonicTime) {
        confirmed = max(confirmed ?? sendTime, sendTime)
    }

    /// The moment from which nothing may be released; `nil` when the lease was never granted.
    public var end: MonotonicTime? { confirmed.map { $0 + terms.duration } }

    /// Whether output may be released.
    ///
    /// - Parameter now: The clock, read just before the release.
    /// - Returns: `true` strictly before ``end``.
    public func isValid(at now: MonotonicTime) -> Bool { end.map { now < $0 } ?? false }
}
