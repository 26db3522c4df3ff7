import ReplicaModel

@testable import Heartbeat
@testable import ReplicaControl
@testable import ReplicaProtocol

/// Reads the words of one line of a trace.
struct TraceWords {
    private let line: String
    private var words: ArraySlice<Substring>

    init(_ line: String) {
        self.line = line
        words = line.split(separator: " ")[...]
    }

    private var unreadable: GoldenReplay.Unreadable { GoldenReplay.Unreadable(line: line) }

    /// The next word.
    mutating func next() throws -> String {
        guard let word = words.popFirst() else { throw unreadable }
        return String(word)
    }

    /// Whether the next word is this one, which is then taken.
    mutating func takes(_ word: String) -> Bool {
        guard words.first.map(String.init) == word else { return false }
        words.removeFirst()
        return true
    }

    mutating func time() throws -> MonotonicTime { Self.time(try number(try next())) }

    private static func time(_ milliseconds: UInt64) -> MonotonicTime {
        MonotonicTime(nanoseconds: milliseconds * 1_000_000)
    }

    private func number(_ text: some StringProtocol) throws -> UInt64 {
        guard let value = UInt64(text) else { throw unreadable }
        return value
    }

    private mutating func epoch() throws -> Epoch { Epoch(rawValue: try number(try next())) }

    private mutating func generation() throws -> Generation { Generation(rawValue: try number(try next())) }

    private mutating func reason() throws -> ReasonCode {
        guard let reason = ReasonCode(rawValue: try next()) else { throw unreadable }
        return reason
    }

    /// `NAME=VALUE`, of which only the value is wanted.
    private mutating func value(of name: String) throws -> String {
        let word = try next()
        guard word.hasPrefix(name + "=") else { throw unreadable }
        return String(word.dropFirst(name.count + 1))
    }

    // MARK: Events

    mutating func primaryEvent(of domain: DomainIdentity) throws -> PrimaryMachine.Event {
        switch try next() {
        case "barrier": .barrier(try epoch())
        case "acknowledged": .acknowledged(try epoch(), sentAt: Self.time(try number(try value(of: "sent"))))
        case "connection-lost": .connectionLost(try reason())
        case "replica-gone": .replicaGone(try reason())
        case "peer-activated": .peerActivated(try generation())
        case "stop-requested": .stopRequested(try reason())
        case "report": .report(try report(of: domain))
        case "reports-lost": .reportsLost
        default: throw unreadable
        }
    }

    mutating func backupEvent(of domain: DomainIdentity) throws -> BackupMachine.Event {
        switch try next() {
        case "heard": .heard
        case "verified": .verified(try epoch(), generation: Generation(rawValue: 5))
        case "connection-lost": .connectionLost
        case "stopped": .stopped(try reason())
        case "handed-over": .handedOver(try generation())
        case "report": .report(try report(of: domain))
        case "reports-lost": .reportsLost
        case "lease-withdrawn": .leaseWithdrawn(claimsSerial: try number(try value(of: "serial")))
        case "failed": .failed(try reason())
        case "activated": .activated
        default: throw unreadable
        }
    }

    // MARK: Reports

    // `VERDICT [claim=ROLE/GENERATION/EPOCH] [heard=T] [echo=T] [serial=N] [stall=T] [lan=down] [peer-lan=down]`
    private mutating func report(of domain: DomainIdentity) throws -> HeartbeatReport {
        let path = HeartbeatPath(
            name: "lan", network: .lan, localAddress: "192.0.2.1", peerAddress: "192.0.2.2", port: 7789,
            carrierInterface: "eth0")
        var report = HeartbeatReport(time: Self.time(0), paths: [path])
        report.paths[0].localCarrier = true
        report.peerCarriers.lan = true
        switch try next() {
        case "alive": report.verdict = .alive
        case "suspect": report.verdict = .suspect(silent: PathSet())
        case "dead": report.verdict = .dead(since: Self.time(0))
        case "unknown": report.verdict = .unknown
        default: throw unreadable
        }
        while let word = words.popFirst() {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw unreadable }
            try set(parts[0], parts[1], of: domain, &report)
        }
        return report
    }

    private func set(
        _ name: String, _ value: String, of domain: DomainIdentity, _ report: inout HeartbeatReport
    ) throws {
        switch name {
        case "claim":
            let parts = value.split(separator: "/")
            guard parts.count == 3, let role = ClaimRole.allCases.first(where: { "\($0)" == parts[0] }) else {
                throw unreadable
            }
            let claim = DomainClaim(
                domain: domain, role: role, generation: Generation(rawValue: try number(parts[1])),
                epoch: Epoch(rawValue: try number(parts[2])))
            guard report.peerClaims.append(claim) else { throw unreadable }
        case "heard": report.paths[0].lastHeard = Self.time(try number(value))
        case "echo": report.paths[0].lastEchoOfOurs = Self.time(try number(value))
        case "serial": report.claimsSerial = try number(value)
        case "stall": report.lateness.graceSince = Self.time(try number(value))
        case "lan" where value == "down": report.paths[0].localCarrier = false
        case "peer-lan" where value == "down": report.peerCarriers.lan = false
        default: throw unreadable
        }
    }
}
