/// Keeps the longest times in which a connection brought no byte.
package struct SilenceRecorder {
    /// A time without a byte.
    package struct Silence: Equatable {
        /// Wall-clock time of the last byte before it, or of the connection, in nanoseconds since 1970.
        package let start: UInt64
        /// How long it was, in nanoseconds of the monotonic clock.
        package let duration: UInt64
        /// Wall-clock time of the first byte after it; nil when the measurement or the connection ended first.
        package let firstByteAfter: UInt64?

        /// The silence as the result files have it.
        package var json: JSONValue {
            .object([
                ("start_wall_ns", .unsigned(start)),
                ("duration_ns", .unsigned(duration)),
                ("first_byte_after_wall_ns", .optional(firstByteAfter)),
            ])
        }
    }

    /// How many silences are kept.
    package static let capacity = 16

    /// The longest silences, the longest first.
    package private(set) var longest: [Silence] = []
    /// How long the silence was in which the measurement ended, in nanoseconds.
    package private(set) var final: UInt64 = 0
    private var lastMonotonic: UInt64
    private var lastWall: UInt64

    /// Starts at the moment of the connection.
    package init(monotonic: UInt64, wall: UInt64) {
        lastMonotonic = monotonic
        lastWall = wall
    }

    /// How long no byte has come by now.
    package func current(monotonic: UInt64) -> UInt64 { monotonic - lastMonotonic }

    /// Notes that bytes have come.
    package mutating func bytesArrived(monotonic: UInt64, wall: UInt64) {
        record(Silence(start: lastWall, duration: monotonic - lastMonotonic, firstByteAfter: wall))
        lastMonotonic = monotonic
        lastWall = wall
    }

    /// Notes that the measurement is over, which ends the present silence without a byte.
    package mutating func finish(monotonic: UInt64) {
        final = current(monotonic: monotonic)
        record(Silence(start: lastWall, duration: final, firstByteAfter: nil))
    }

    /// The fields that both clients put into their result files.
    package var jsonFields: [(String, JSONValue)] {
        [
            ("final_silence_ns", .unsigned(final)),
            ("longest_silence", longest.first?.json ?? .null),
            ("silences", .list(longest.map(\.json))),
        ]
    }

    private mutating func record(_ silence: Silence) {
        guard longest.count < Self.capacity || silence.duration > longest.last?.duration ?? 0 else { return }
        let position = longest.firstIndex { $0.duration < silence.duration } ?? longest.count
        longest.insert(silence, at: position)
        if longest.count > Self.capacity { longest.removeLast() }
    }
}
