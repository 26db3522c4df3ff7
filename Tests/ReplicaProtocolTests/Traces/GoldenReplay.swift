import Heartbeat
import ReplicaModel

@testable import ReplicaProtocol

/// Plays a trace to both machines and writes down what they decide.
///
/// A line `TIME SIDE EVENT` tells one side what happened, at a millisecond of a clock that both sides share for the
/// trace's sake. Below it stand, indented, the actions (`->`), what became of a write to disk (`--`), and each new state
/// (`==`); they are the golden part. The answer to a write follows at once: `TIME SIDE disk full` makes it a failure, from
/// then on until `disk free`. A line `rules POLICY ...` stands before all events; without one the policy is
/// `trust-paths`. `starts` and `hears` are of a host that has a record of the domain and no session for it. Comments and
/// empty lines stay where they are.
struct GoldenReplay {
    /// A line that is no event.
    struct Unreadable: Error { let line: String }

    /// Rules of `docs/invariants.md` that were broken, with the line.
    private(set) var brokenRules: [String] = []

    private var primary = Self.primary(Samples.trustPaths)
    private var backup = Self.backup(Samples.trustPaths)
    private var rules = Samples.trustPaths
    private var primaryDiskIsFull = false
    private var backupDiskIsFull = false
    private var backupOwnsTheDomain = false
    private var backupOnDisk: (role: OwnershipRecord.Role, generation: Generation)?
    private var primaryIsOpen = false
    private var handoverIsOnDisk = false
    private var standingClaim: DomainClaim?

    private static func primary(_ rules: OwnershipRules) -> PrimaryMachine {
        PrimaryMachine(
            domain: Samples.domain, generation: Samples.generation, hosts: Samples.primaryHosts,
            lease: PrimaryLease(terms: Samples.terms),
            policy: .init(moveWhenLanIsLost: true, carrierDelay: 500, detectionTime: 400, ownership: rules))
    }

    private static func backup(_ rules: OwnershipRules) -> BackupMachine {
        BackupMachine(
            domain: Samples.domain, generation: Samples.generation, hosts: Samples.backupHosts,
            lease: BackupLease(terms: Samples.terms), rules: rules)
    }

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
            lines += try play(String(line)).map { "     " + $0 }
        }
        return lines.joined(separator: "\n")
    }

    private mutating func play(_ line: String) throws -> [String] {
        var words = TraceWords(line)
        if words.takes("rules") {
            rules = try words.rules()
            primary = Self.primary(rules)
            backup = Self.backup(rules)
            return []
        }
        let now = try words.time()
        switch try words.next() {
        case "primary": return try playPrimary(&words, at: now, line)
        case "backup": return try playBackup(&words, at: now, line)
        default: throw Unreadable(line: line)
        }
    }

    private mutating func playPrimary(
        _ words: inout TraceWords, at now: MonotonicTime, _ line: String
    ) throws -> [String] {
        if words.takes("adopt") {
            primary = Self.primary(rules).adopting(wasHandedOver: words.takes("handed-over"))
            return ["== \(TraceText.of(primary.state))"]
        }
        if words.takes("disk") {
            primaryDiskIsFull = try words.isFull()
            return []
        }
        if words.takes("starts") { return start(try words.record()) }
        if words.takes("hears") { return hear(try words.claim()) }
        return tellPrimary(try words.primaryEvent(at: now), at: now, line)
    }

    private mutating func playBackup(
        _ words: inout TraceWords, at now: MonotonicTime, _ line: String
    ) throws -> [String] {
        if words.takes("disk") {
            backupDiskIsFull = try words.isFull()
            return []
        }
        if words.takes("hears") {
            let answer = HostDecisions.answer(to: try words.claim(), recorded: Samples.generation)
            return answer.map { ["-> claim \(TraceText.of($0))"] } ?? []
        }
        return tellBackup(try words.backupEvent(at: now), at: now, line)
    }

    private mutating func tellPrimary(_ event: PrimaryMachine.Event, at now: MonotonicTime, _ line: String) -> [String]
    {
        let before = primary.state
        let actions = primary.handle(event, at: now)
        for action in actions { check(action, line) }
        var lines = actions.map { "-> \(TraceText.of($0))" }
        if primary.state != before { lines.append("== \(TraceText.of(primary.state))") }
        for case .persist(let role, _) in actions {
            lines.append(primaryDiskIsFull ? "-- disk full" : "-- on disk")
            if role == .surrendered { handoverIsOnDisk = !primaryDiskIsFull }
            lines += tellPrimary(.persisted(role, !primaryDiskIsFull), at: now, line)
        }
        return lines
    }

    private mutating func tellBackup(_ event: BackupMachine.Event, at now: MonotonicTime, _ line: String) -> [String] {
        let before = backup.state
        let actions = backup.handle(event, at: now)
        for action in actions { check(action, line) }
        var lines = actions.map { "-> \(TraceText.of($0))" }
        if backup.state != before { lines.append("== \(TraceText.of(backup.state))") }
        for case .persist(let role, let generation, _) in actions {
            lines.append(backupDiskIsFull ? "-- disk full" : "-- on disk")
            if !backupDiskIsFull { backupOnDisk = (role, generation) }
            lines += tellBackup(.persisted(role, !backupDiskIsFull), at: now, line)
        }
        return lines
    }

    // MARK: A host without a session

    private mutating func start(_ record: TraceWords.Record) -> [String] {
        let beginning = HostDecisions.beginning(
            record.role, isPresent: record.isPresent, isSameBoot: record.isSameBoot)
        standingClaim = HostDecisions.claim(beginning, on: Samples.domain, generation: Samples.generation)
        return ["-> \(TraceText.of(beginning))"] + (standingClaim.map { ["-> claim \(TraceText.of($0))"] } ?? [])
    }

    private mutating func hear(_ claim: DomainClaim) -> [String] {
        guard let own = standingClaim, HostDecisions.settles(claim, own) else { return [] }
        standingClaim = nil
        return ["-> settled"]
    }

    // MARK: Rules

    private mutating func check(_ action: PrimaryMachine.Action, _ line: String) {
        switch action {
        case .release(let epoch):
            if epoch > backup.committed { brokenRules.append("rule 1 at \(line)") }
            if backupOwnsTheDomain { brokenRules.append("rule 2 at \(line)") }
        case .open:
            primaryIsOpen = true
            if backupOwnsTheDomain { brokenRules.append("rule 2 at \(line)") }
        case .sendHandover:
            if !handoverIsOnDisk { brokenRules.append("rule 2 at \(line)") }
        default: break
        }
    }

    private mutating func check(_ action: BackupMachine.Action, _ line: String) {
        switch action {
        case .activate(let generation):
            if generation <= primary.generation || backupOnDisk?.generation != generation {
                brokenRules.append("rule 2 at \(line)")
            }
        case .run:
            backupOwnsTheDomain = true
            if backupOnDisk?.role != .owner || primaryIsOpen { brokenRules.append("rule 2 at \(line)") }
            if backup.committed < primary.released { brokenRules.append("rule 4 at \(line)") }
        default: break
        }
    }
}
