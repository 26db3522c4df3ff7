/// What `replica-meter watch` saw of a domain.
struct WatchLog: Equatable, Sendable {
    /// A change of the domain's state.
    struct Change: Equatable, Sendable {
        /// The state's word: running, suspended, paused or gone.
        let state: String
        /// When, in nanoseconds of the host's monotonic clock.
        let time: UInt64
    }

    /// When the watch began, in nanoseconds of the host's monotonic clock.
    let begin: UInt64
    /// The same on the host's wall clock, in nanoseconds since 1970.
    let beginWall: UInt64
    /// When it ended.
    let end: UInt64
    /// All changes; the first is the state at the beginning.
    let changes: [Change]

    /// Reads the meter's output.
    ///
    /// - Parameter output: All of its lines; `nil` comes of anything that is no whole report.
    init?(_ output: String) {
        var (begin, wall, end): (UInt64?, UInt64?, UInt64?)
        var changes: [Change] = []
        for line in output.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard let first = words.first, let time = words.value("monotonic_ns") else { continue }
            switch first {
            case "begin": (begin, wall) = (time, words.value("wall_ns"))
            case "end": end = time
            default: changes.append(Change(state: String(first), time: time))
            }
        }
        guard let begin, let wall, let end, end > begin else { return nil }
        self.begin = begin
        self.end = end
        self.changes = changes
        beginWall = wall
    }

    /// How long the watch was, in seconds.
    var seconds: Double { Double(end - begin) / 1e9 }

    /// How long each whole suspension was, in milliseconds; those that the watch cut off are left out.
    var pauses: [Double] {
        zip(changes, changes.dropFirst()).enumerated().compactMap { index, pair in
            guard pair.0.state == "suspended", index > 0 else { return nil }
            return Double(pair.1.time - pair.0.time) / 1e6
        }
    }

    /// Whole suspensions a second.
    var epochsPerSecond: Double { Double(pauses.count) / seconds }

    /// The share of the time in which the guest stood still.
    var suspendedShare: Double { pauses.reduce(0, +) / 1000 / seconds }

    /// When the domain first ran after a moment of the host's wall clock, in nanoseconds since 1970.
    func firstRun(after wall: UInt64) -> UInt64? {
        changes.first { $0.state == "running" && wallTime($0) > wall }.map(wallTime)
    }

    private func wallTime(_ change: Change) -> UInt64 { beginWall + change.time - begin }
}

extension [Substring] {
    /// The whole number behind `name=` in a line's words.
    func value(_ name: String) -> UInt64? {
        first { $0.hasPrefix("\(name)=") }.flatMap { UInt64($0.dropFirst(name.count + 1)) }
    }
}
