import Heartbeat
import ReplicaModel
import Witness

@testable import ReplicaProtocol

/// Reads the words of one line of a trace.
struct TraceWords {
    let line: String
    private(set) var words: ArraySlice<Substring>

    init(_ line: String) {
        self.line = line
        words = line.split(separator: " ")[...]
    }

    var unreadable: GoldenReplay.Unreadable { GoldenReplay.Unreadable(line: line) }

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

    /// The words that are left, each `NAME=VALUE`.
    mutating func settings() throws -> [(name: String, value: String)] {
        defer { words = [] }
        return try words.map { word in
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw unreadable }
            return (parts[0], parts[1])
        }
    }

    mutating func time() throws -> MonotonicTime { try moment(try next()) }

    func moment(_ text: String) throws -> MonotonicTime { ReplicaProtocolTests.time(try number(text)) }

    func number(_ text: some StringProtocol) throws -> UInt64 {
        guard let value = UInt64(text) else { throw unreadable }
        return value
    }

    mutating func epoch() throws -> Epoch { Epoch(rawValue: try number(try next())) }

    mutating func generation() throws -> Generation { Generation(rawValue: try number(try next())) }

    mutating func reason() throws -> ReasonCode {
        guard let reason = ReasonCode(rawValue: try next()) else { throw unreadable }
        return reason
    }

    /// `NAME=VALUE`, of which only the value is wanted.
    mutating func value(of name: String) throws -> String {
        let word = try next()
        guard word.hasPrefix(name + "=") else { throw unreadable }
        return String(word.dropFirst(name.count + 1))
    }

    mutating func isFull() throws -> Bool {
        switch try next() {
        case "full": true
        case "free": false
        default: throw unreadable
        }
    }

    // MARK: Rules and records

    /// The rules, as `POLICY [fencing] [head-start=MS] [fence-delay=MS] [retry=MS]`.
    mutating func rules() throws -> OwnershipRules {
        guard let policy = OwnershipPolicy(rawValue: try next()) else { throw unreadable }
        var rules = OwnershipRules(policy: policy, fencing: takes("fencing"))
        for (name, value) in try settings() {
            switch name {
            case "fence-delay": rules.fenceDelay = Milliseconds(rawValue: try number(value))
            case "head-start": rules.headStart = Milliseconds(rawValue: try number(value))
            case "retry": rules.retryDelay = Milliseconds(rawValue: try number(value))
            default: throw unreadable
            }
        }
        return rules
    }

    /// What a starting controller finds.
    struct Record {
        var role: OwnershipRecord.Role
        var isPresent: Bool
        var isSameBoot: Bool
    }

    /// A record, as `ROLE domain=here|gone boot=same|new`.
    mutating func record() throws -> Record {
        guard let role = OwnershipRecord.Role(rawValue: try next()) else { throw unreadable }
        return Record(
            role: role, isPresent: try value(of: "domain") == "here", isSameBoot: try value(of: "boot") == "same")
    }

    /// A claim, as `ROLE/GENERATION/EPOCH`.
    mutating func claim() throws -> DomainClaim { try claim(try next()) }

    func claim(_ text: String) throws -> DomainClaim {
        let parts = text.split(separator: "/")
        guard parts.count == 3, let role = ClaimRole.allCases.first(where: { "\($0)" == parts[0] }) else {
            throw unreadable
        }
        return Samples.claim(role, try number(parts[1]), epoch: try number(parts[2]))
    }

    // MARK: Answers

    /// An answer, as `NUMBER granted|timed-out|unreachable|refused RECORD|record RECORD`.
    mutating func answer() throws -> (number: UInt64, answer: WitnessAnswer) {
        let word = try next()
        // "e" is the primary's entry, "c" the backup's look at it.
        let number =
            switch word.first {
            case "e": 1 << 63 | (try number(word.dropFirst()))
            case "c": 1 << 62 | (try number(word.dropFirst()))
            default: try number(word)
            }
        let answer: WitnessAnswer =
            switch try next() {
            case "granted": .granted
            case "refused": .refused(try witnessRecord())
            case "record": .record(try witnessRecord())
            case "timed-out": Samples.timedOut
            case "unreachable": Samples.unreachable
            default: throw unreadable
            }
        return (number, answer)
    }

    private mutating func witnessRecord() throws -> WitnessRecord? {
        if takes("nothing") { return nil }
        let parts = try next().split(separator: "/").map(String.init)
        guard parts.count == 3 else { throw unreadable }
        return WitnessRecord(
            owner: parts[0], generation: Generation(rawValue: try number(parts[1])),
            replica: parts[2] == "-" ? nil : parts[2])
    }
}
