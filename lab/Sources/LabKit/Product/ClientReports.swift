/// What the guest's clients write at their end; `lab/guest/README.md` describes it.
struct ClientReport: Decodable, Sendable {
    let ok: Bool
    let connected: Bool
    let end: String
    let finalSilence: UInt64
    let silences: [Silence]

    // The counter's own.
    let lines: UInt64?
    let firstValue: UInt64?
    let lastValue: UInt64?
    let gaps: UInt64?
    let backwardSteps: UInt64?
    let clockBackwardSteps: UInt64?
    let malformed: UInt64?

    // The session's own.
    let stayedUp: Bool?
    let answered: UInt64?
    let wrong: UInt64?

    // The database's own.
    let committedBefore: UInt64?
    let acknowledged: UInt64?
    let integrity: String?
    let digest: String?
    let expectedDigest: String?
    let firstWrong: String?
    let longestCommit: UInt64?

    /// A time without a byte.
    struct Silence: Decodable, Equatable, Sendable {
        /// When the last byte before it came, in nanoseconds since 1970 on this machine's clock.
        let start: UInt64
        /// How long it was, in nanoseconds.
        let duration: UInt64
        /// When the first byte after it came.
        let firstByteAfter: UInt64?

        private enum CodingKeys: String, CodingKey {
            case start = "start_wall_ns"
            case duration = "duration_ns"
            case firstByteAfter = "first_byte_after_wall_ns"
        }
    }

    private enum CodingKeys: String, CodingKey {
        case ok, connected, end, silences, lines, gaps, malformed
        case finalSilence = "final_silence_ns"
        case firstValue = "first_value"
        case lastValue = "last_value"
        case backwardSteps = "backward_steps"
        case clockBackwardSteps = "guest_clock_backward_steps"
        case stayedUp = "stayed_up"
        case answered = "lines_answered"
        case wrong = "lines_wrong"
        case acknowledged, integrity, digest
        case committedBefore = "committed_before"
        case expectedDigest = "digest_expected"
        case firstWrong = "first_wrong"
        case longestCommit = "longest_commit_ns"
    }

    /// The silence that an event caused: the longest that ended after it.
    ///
    /// - Parameter time: When the event was, in nanoseconds since 1970.
    /// - Returns: The silence, or `nil` if none ended after it.
    func silence(after time: UInt64) -> Silence? {
        silences.filter { ($0.firstByteAfter ?? .max) > time }.max { $0.duration < $1.duration }
    }
}
