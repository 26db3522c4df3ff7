// One line of the event log, as it is written and read; docs/events.md describes it.

internal import ReplicaModel

/// A decision with its number, its times and its host.
///
/// Words that a newer version may add to (role, kind, reason, states) are texts here, so that an older reader shows them
/// as they are.
struct EventRecord: Codable, Equatable, Sendable {
    /// The layout of the line.
    static let currentVersion = 1
    /// The longest line that is written, in bytes, is well below what a reader takes.
    static let lineLimit = 65_536
    /// No host gets as far with any of its numbers: beyond it a line is damaged, whatever it looks like.
    static let numberLimit: UInt64 = 1 << 62
    private static let detailLimit = 4_096
    private static let nameLimit = 256

    var version = Self.currentVersion
    /// Counts every event of this host, over restarts; one that was lost has a number too.
    var sequence: UInt64
    /// The wall clock, RFC 3339.
    var time: String
    /// The host's monotonic clock.
    var monotonicNanoseconds: UInt64
    /// The number of the first event of the same run of the controller: within a run the monotonic times compare.
    var run: UInt64
    var host: String
    /// The domain's UUID; absent for what concerns the whole host.
    var domain: String?
    var name: String?
    var role: String
    var kind: String
    var reason: String
    var generation: UInt64?
    var epoch: UInt64?
    var before: String?
    var after: String?
    var detail: String?
    var peer: String?
    /// How many events right before this one could not be written.
    var lost: UInt64?
    var takeover: TakeoverRecord?

    /// Makes the line of a decision.
    ///
    /// - Parameters:
    ///   - decision: What was decided.
    ///   - moment: When.
    ///   - sequence: The line's number.
    ///   - host: This host.
    ///   - lost: How many events before this one are missing.
    init(_ decision: Decision, at moment: Moment, sequence: UInt64, host: String, lost: UInt64 = 0) {
        self.sequence = sequence
        time = Timestamp.rfc3339(wall: moment.wall)
        monotonicNanoseconds = moment.monotonic
        run = moment.run
        self.host = host
        domain = decision.domain?.description
        name = Self.text(decision.name, Self.nameLimit)
        role = decision.role.rawValue
        kind = decision.kind.rawValue
        reason = decision.reason.rawValue
        generation = decision.generation == .none ? nil : decision.generation.rawValue
        epoch = decision.epoch == .none ? nil : decision.epoch.rawValue
        before = Self.text(decision.before, Self.nameLimit)
        after = Self.text(decision.after, Self.nameLimit)
        detail = Self.text(decision.detail, Self.detailLimit)
        peer = Self.text(decision.peer, Self.nameLimit)
        self.lost = lost == 0 ? nil : lost
        takeover = decision.takeover
    }

    /// The reason as this version knows it.
    var reasonCode: ReasonCode? { ReasonCode(rawValue: reason) }

    /// When it happened.
    var moment: Moment {
        Moment(wall: Timestamp.wall(rfc3339: time) ?? 0, monotonic: monotonicNanoseconds, run: run)
    }

    /// Whether the event is about a domain of this name or UUID.
    func concerns(_ subject: String) -> Bool { name == subject || (domain != nil && domain == subject.lowercased()) }

    /// Whether the numbers are such as this program writes, so that reckoning with them cannot overflow.
    var isPlausible: Bool {
        max(sequence, monotonicNanoseconds, run) <= Self.numberLimit && Timestamp.wall(rfc3339: time) != nil
    }

    /// Whether the event is about no domain at all.
    var concernsHost: Bool { domain == nil && name == nil }

    private static func text(_ text: String, _ limit: Int) -> String? {
        if text.isEmpty { return nil }
        guard text.utf8.count > limit else { return text }
        return String(decoding: Array(text.utf8.prefix(limit)), as: UTF8.self) + "…"
    }
}

/// A point in time on both clocks of a host.
struct Moment: Equatable, Sendable {
    /// Nanoseconds since 1970.
    var wall: UInt64
    /// Nanoseconds of the monotonic clock.
    var monotonic: UInt64
    /// Moments of one run compare by the monotonic clock, which nobody sets.
    var run: UInt64

    /// The time from `earlier` to this moment, in nanoseconds; 0 when the clock says that it is later.
    func nanoseconds(since earlier: Moment) -> UInt64 {
        if run == earlier.run { return monotonic > earlier.monotonic ? monotonic - earlier.monotonic : 0 }
        return wall > earlier.wall ? wall - earlier.wall : 0
    }

    /// The moment so many nanoseconds before this one.
    func before(_ nanoseconds: UInt64) -> Moment {
        Moment(
            wall: wall > nanoseconds ? wall - nanoseconds : 0,
            monotonic: monotonic > nanoseconds ? monotonic - nanoseconds : 0, run: run)
    }
}
