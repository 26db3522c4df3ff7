import Heartbeat
import ReplicaModel

@testable import ReplicaControl
@testable import ReplicaProtocol

/// Plays a trace to both machines and writes down what they decide.
///
/// A line `TIME SIDE EVENT` tells one side what happened, at a millisecond of a clock that both sides share for the
/// trace's sake. Below it stand, indented, the actions (`->`) and the new state (`==`) that follow; they are the golden
/// part. Comments and empty lines stay where they are.
struct GoldenReplay {
    /// A line that is no event.
    struct Unreadable: Error { let line: String }

    /// Rules of `docs/invariants.md` that were broken, with the line.
    private(set) var brokenRules: [String] = []

    private static let domain = DomainIdentity(high: 1, low: 2)
    private static let terms = LeaseTerms(duration: 400, driftMargin: 50)
    private static let policy = PrimaryMachine.Policy(
        moveWhenLanIsLost: true, carrierDelay: 500, runUnprotectedWhenPeerIsDead: true, detectionTime: 400)

    private var primary = PrimaryMachine(
        domain: domain, generation: Generation(rawValue: 5), lease: PrimaryLease(terms: terms), policy: policy)
    private var backup = BackupMachine(
        domain: domain, generation: Generation(rawValue: 5), lease: BackupLease(terms: terms))
    private var backupOwnsTheDomain = false

    /// Plays a whole trace.
    ///
    /// - Parameter text: The trace; what it says of actions and states is not looked at.
    /// - Returns: The trace with the actions and states that the machines had.
    /// - Throws: ``Unreadable`` for a line that is no event.
    mutating func run(_ text: String) throws -> String {
        var lines: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) where !line.hasPrefix(" ") {
            lines.append(String(line))
            guard let first = line.first, first != "#" else { continue }
            lines += try play(String(line))
        }
        return lines.joined(separator: "\n")
    }

    private mutating func play(_ line: String) throws -> [String] {
        var words = TraceWords(line)
        let now = try words.time()
        switch try words.next() {
        case "primary":
            let before = primary.state
            if words.takes("adopt") {
                primary = .adopting(
                    domain: Self.domain, generation: Generation(rawValue: 5), lease: PrimaryLease(terms: Self.terms),
                    policy: Self.policy)
                return ["     == \(Self.text(primary.state))"]
            }
            let actions = primary.handle(try words.primaryEvent(of: Self.domain), at: now)
            for action in actions { check(action, line) }
            return actions.map { "     -> \(Self.text($0))" }
                + (primary.state == before ? [] : ["     == \(Self.text(primary.state))"])
        case "backup":
            let before = backup.state
            let actions = backup.handle(try words.backupEvent(of: Self.domain), at: now)
            for action in actions { check(action, line) }
            return actions.map { "     -> \(Self.text($0))" }
                + (backup.state == before ? [] : ["     == \(Self.text(backup.state))"])
        default: throw Unreadable(line: line)
        }
    }

    // MARK: Rules

    private mutating func check(_ action: PrimaryMachine.Action, _ line: String) {
        switch action {
        case .release(let epoch):
            if epoch > backup.committed { brokenRules.append("rule 1 at \(line)") }
            if backupOwnsTheDomain { brokenRules.append("rule 2 at \(line)") }
        case .open:
            if backupOwnsTheDomain { brokenRules.append("rule 2 at \(line)") }
        default: break
        }
    }

    private mutating func check(_ action: BackupMachine.Action, _ line: String) {
        guard case .activate(let generation) = action else { return }
        backupOwnsTheDomain = true
        if generation <= primary.generation { brokenRules.append("rule 2 at \(line)") }
        if case .unprotected = primary.state { brokenRules.append("rule 2 at \(line)") }
        if backup.committed < primary.released { brokenRules.append("rule 4 at \(line)") }
    }

    // MARK: Words

    private static func text(_ state: PrimaryMachine.State) -> String {
        switch state {
        case .seeding: "seeding"
        case .protecting: "protecting"
        case .holding(let reason): "holding \(reason.rawValue)"
        case .surrendered(let reason): "surrendered \(reason.rawValue)"
        case .unprotected(let reason): "unprotected \(reason.rawValue)"
        case .standingDown(let reason): "standing-down \(reason.rawValue)"
        }
    }

    private static func text(_ state: BackupMachine.State) -> String {
        switch state {
        case .receiving: "receiving"
        case .armed: "armed"
        case .withdrawing: "withdrawing"
        case .activating(let reason): "activating \(reason.rawValue)"
        case .active(let reason): "active \(reason.rawValue)"
        case .discarded(let reason): "discarded \(reason.rawValue)"
        }
    }

    private static func text(_ action: PrimaryMachine.Action) -> String {
        switch action {
        case .release(let epoch): "release \(epoch)"
        case .open: "open"
        case .captureFinalCheckpoint: "capture-final-checkpoint"
        case .sendHandover: "send-handover"
        case .sendStop: "send-stop"
        case .endConnection: "end-connection"
        case .discardDomain: "discard-domain"
        case .record(let reason): "record \(reason.rawValue)"
        }
    }

    private static func text(_ action: BackupMachine.Action) -> String {
        switch action {
        case .acknowledge(let epoch): "acknowledge \(epoch)"
        case .apply(let epoch): "apply \(epoch)"
        case .withdrawLease: "withdraw-lease"
        case .activate(let generation): "activate generation \(generation)"
        case .discard: "discard"
        case .sendReplicaGone(let reason): "send-replica-gone \(reason.rawValue)"
        case .record(let reason): "record \(reason.rawValue)"
        }
    }
}
