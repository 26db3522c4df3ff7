import Foundation

/// How far a host's wall clock is from this machine's.
public struct ClockOffset: Equatable, Sendable {
    /// The host's clock minus this machine's, in nanoseconds.
    public let nanoseconds: Int64
    /// How wrong that may be to either side, in nanoseconds.
    public let uncertainty: Int64

    /// One look at the host's clock.
    struct RoundTrip: Equatable {
        /// This machine's clock before the question, in nanoseconds since 1970.
        let before: Int64
        /// The host's clock at some time in between.
        let there: Int64
        /// This machine's clock after the answer.
        let after: Int64
    }

    /// Makes an offset of its parts.
    ///
    /// - Parameters:
    ///   - nanoseconds: The host's clock minus this machine's.
    ///   - uncertainty: How wrong that may be to either side, at least 0.
    init(nanoseconds: Int64, uncertainty: Int64) {
        self.nanoseconds = nanoseconds
        self.uncertainty = uncertainty
    }

    /// Takes the tightest round trip; the others say nothing that it does not.
    ///
    /// - Parameter roundTrips: What was seen; `nil` comes of none.
    init?(_ roundTrips: [RoundTrip]) {
        guard let best = roundTrips.min(by: { $0.after - $0.before < $1.after - $1.before }) else { return nil }
        let half = (best.after - best.before + 1) / 2
        self.init(nanoseconds: best.there - best.before - half, uncertainty: half)
    }

    /// Turns a time of the host's clock into one of this machine's.
    ///
    /// - Parameter host: Nanoseconds since 1970 on the host.
    /// - Returns: Nanoseconds since 1970 on this machine.
    public func labTime(ofHost host: UInt64) -> UInt64 {
        UInt64(max(0, Int64(host) - nanoseconds))
    }
}

extension ClockOffset.RoundTrip {
    /// Reads `BEFORE THERE AFTER`, each in seconds with six decimals.
    init?(line: Substring) {
        let times = line.split(separator: " ").compactMap { word -> Int64? in
            let parts = word.split(separator: ".")
            guard parts.count == 2, parts[1].count == 6 else { return nil }
            return Int64(parts[0] + parts[1]).map { $0 * 1000 }
        }
        guard times.count == 3 else { return nil }
        self.init(before: times[0], there: times[1], after: times[2])
    }
}

extension Lab {
    /// Compares a host's wall clock with this machine's, over the management network.
    ///
    /// Both clocks are read by shells that run already, so that no process start is in between.
    ///
    /// - Parameter host: The host.
    /// - Returns: The offset.
    /// - Throws: ``LabError``.
    public func clockOffset(of host: HostName) throws(LabError) -> ClockOffset {
        let script = """
            coproc host { "$@"; }
            for ((i = 0; i < 25; i++)); do
                before=$EPOCHREALTIME
                echo >&"${host[1]}"
                read -r there <&"${host[0]}"
                echo "$before $there $EPOCHREALTIME"
            done
            """
        let answering = "exec bash -c 'while read -r x; do echo $EPOCHREALTIME; done'"
        let words = ["env", "LC_ALL=C", "bash", "-c", script, "bash"] + secureShell(host, [answering]).arguments
        let output = try Command(words, timeout: .seconds(60)).run().output
        guard let offset = ClockOffset(output.split(separator: "\n").compactMap(ClockOffset.RoundTrip.init(line:)))
        else {
            throw LabError(
                .commandFailed, attempt: "read the clock of \(host)", outcome: "the answers make no sense: \(output)")
        }
        return offset
    }
}

/// This machine's wall clock.
enum WallClock {
    /// The time now, in nanoseconds since 1970.
    static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
