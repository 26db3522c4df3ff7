import Foundation

/// What `replicactl status --json` says, as far as scenarios look at it; `docs/status.md` describes it.
struct ProductStatus: Decodable, Sendable {
    let peer: Peer
    let ownership: Ownership?
    let domains: [Domain]

    struct Ownership: Decodable, Sendable {
        let rules: String
        let witnessReachable: Bool?
        let problems: [String]
    }

    struct Peer: Decodable, Sendable {
        let verdict: String
        let paths: [Path]

        /// Whether heartbeats come in on every path.
        var isHeardEverywhere: Bool { verdict == "alive" && !paths.isEmpty && paths.allSatisfy(\.alive) }
    }

    struct Path: Decodable, Sendable {
        let name: String
        let alive: Bool
    }

    struct Domain: Decodable, Sendable {
        let name: String
        let uuid: String
        let role: String
        let state: String
        let generation: UInt64
        let epoch: UInt64
        let since: String
        let reason: Reason?
        let unprotectedSince: String?
        let lastEpoch: Epoch?
        let epochs: Summary?
        let pacing: Pacing?
        let output: Output?
        let takeover: Takeover?

        /// The state and its reason, for people.
        var text: String {
            "\(role) \(state)" + (reason.map { " (\($0.code): \($0.text))" } ?? "")
        }
    }

    struct Reason: Decodable, Sendable {
        let code: String
        let text: String
    }

    struct Epoch: Decodable, Sendable {
        let dirtyPages: UInt64
        let bytes: UInt64
        let suspendMicroseconds: UInt64
        let captureMicroseconds: UInt64
        let resumeMicroseconds: UInt64
        let suspendedMicroseconds: UInt64
        let encodeMicroseconds: UInt64
        let sendMicroseconds: UInt64
        let acknowledgeMicroseconds: UInt64
        let releaseMicroseconds: UInt64
        let trigger: String?
        let outputLatencyMicroseconds: UInt64?
    }

    struct Pacing: Decodable, Sendable {
        let intervalMilliseconds: UInt64?
        let outputLatencyBudgetMilliseconds: UInt64?
        let tuned: Bool
        let aimedMilliseconds: UInt64
        let trigger: String
        let processorPercent: UInt64
    }

    struct Summary: Decodable, Sendable {
        let count: UInt64
        let pages: UInt64
        let bytes: UInt64
        let suspendedMillisecondsP50: Double
        let suspendedMillisecondsP99: Double
        let suspendedMillisecondsMax: Double
        let intervalMilliseconds: Double
        let outputLatencyMillisecondsP50: Double?
        let outputLatencyMillisecondsP99: Double?
    }

    struct Output: Decodable, Sendable {
        let backlogBytes: UInt64
        let drops: UInt64
    }

    struct Takeover: Decodable, Sendable {
        let lastHeard: UInt64?
        let decided: UInt64
        let disksTaken: UInt64?
        let assembled: UInt64?
        let restored: UInt64?
        let recorded: UInt64?
        let activated: UInt64?
        let announced: UInt64?
    }

    /// Finds a domain by its identity; names may come back in another guest.
    func domain(_ identity: String) -> Domain? { domains.first { $0.uuid == identity } }

    /// Reads a time as the status writes it.
    ///
    /// - Parameter text: RFC 3339 with milliseconds, in universal time.
    /// - Returns: Nanoseconds since 1970, or `nil` if it is no such time.
    static func nanoseconds(_ text: String) -> UInt64? {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        guard let date = try? style.parse(text) else { return nil }
        return UInt64((date.timeIntervalSince1970 * 1000).rounded()) * 1_000_000
    }
}
