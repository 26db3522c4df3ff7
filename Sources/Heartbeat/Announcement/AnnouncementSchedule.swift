public import ReplicaModel

/// When a guest's addresses are announced after it was activated on this host.
///
/// The rounds of a burst follow each other with growing gaps, as QEMU's announcements after a migration do: the first
/// frames are lost when a switch port is still blocked or a neighbour's queue is full. The late burst is for switches that
/// were themselves restarting, as keepalived sends one.
public struct AnnouncementSchedule: Equatable, Sendable {
    /// How many rounds a burst has, 1 to 100; the first comes at once.
    public var rounds: Int
    /// The gap after the first round.
    public var firstGap: Milliseconds
    /// How much longer each gap is than the one before.
    public var gapStep: Milliseconds
    /// The longest gap.
    public var longestGap: Milliseconds
    /// When the late burst begins, counted from the start.
    public var lateStart: Milliseconds
    /// How many rounds the late burst has, 0 to 100.
    public var lateRounds: Int

    /// Five rounds within 800 ms, and three more from 5 s on.
    public static let standard = AnnouncementSchedule(
        rounds: 5, firstGap: 50, gapStep: 100, longestGap: 550, lateStart: 5000, lateRounds: 3)

    /// Sets a schedule; numbers of rounds out of range are moved into it.
    ///
    /// - Parameters:
    ///   - rounds: How many rounds a burst has, 1 to 100.
    ///   - firstGap: The gap after the first round.
    ///   - gapStep: How much longer each gap is than the one before.
    ///   - longestGap: The longest gap.
    ///   - lateStart: When the late burst begins, counted from the start.
    ///   - lateRounds: How many rounds the late burst has, 0 to 100.
    public init(
        rounds: Int, firstGap: Milliseconds, gapStep: Milliseconds, longestGap: Milliseconds, lateStart: Milliseconds,
        lateRounds: Int
    ) {
        self.rounds = min(max(rounds, 1), 100)
        self.firstGap = firstGap
        self.gapStep = gapStep
        self.longestGap = longestGap
        self.lateStart = lateStart
        self.lateRounds = min(max(lateRounds, 0), 100)
    }

    /// The times of all rounds, counted from the start, in order; the first is 0.
    public var times: [Milliseconds] {
        (burst(rounds: rounds, from: 0) + burst(rounds: lateRounds, from: lateStart)).sorted()
    }

    private func burst(rounds: Int, from start: Milliseconds) -> [Milliseconds] {
        var times: [Milliseconds] = []
        var time = start
        var gap = min(firstGap, longestGap)
        for _ in 0..<rounds {
            times.append(time)
            time = time + gap
            gap = min(gap + gapStep, longestGap)
        }
        return times
    }
}
