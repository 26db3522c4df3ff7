internal import ReplicaModel
internal import ReplicaProtocol

/// A scenario that could not be read.
public struct ScenarioFault: Error, Equatable, Sendable, CustomStringConvertible {
    /// The line, counted from 1.
    public let line: Int
    /// What is wrong with it.
    public let problem: String

    /// The fault in one sentence.
    public var description: String { "line \(line): \(problem)" }
}

extension RunSetup {
    /// The longest scenario.
    private static let longest = milliseconds(600_000)
    /// The most faults in one (safety rule 6).
    private static let mostFaults = 64

    /// Reads a scenario, one statement a line.
    ///
    /// A number sign begins a comment; `docs/simulator.md` describes the statements.
    ///
    /// - Parameter text: The scenario.
    /// - Throws: ``ScenarioFault`` with the first line that cannot be read.
    public init(scenario text: String) throws(ScenarioFault) {
        self.init(seed: 1)
        end = milliseconds(30_000)
        var number = 0
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            number += 1
            let words = line.prefix { $0 != "#" }.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\r" })
            if words.isEmpty { continue }
            do throws(ScenarioFault.Reason) { try read(words.map(String.init)) } catch {
                throw ScenarioFault(line: number, problem: error.text)
            }
        }
    }

    private mutating func read(_ words: [String]) throws(ScenarioFault.Reason) {
        switch (words[0], words.count) {
        case ("policy", 2): policy = try Self.choice(words[1])
        case ("reprotection", 2): reprotection = try Self.choice(words[1])
        case ("fencing", 2): fencing = try Self.flag(words[1])
        case ("move-when-lan-is-lost", 2): moveWhenLanIsLost = try Self.flag(words[1])
        case ("seed", 2):
            guard let value = UInt64(words[1]) else { throw .init("\"\(words[1])\" is not a number") }
            seed = value
        case ("until", 2): end = try Self.time(words[1])
        case ("at", 3...): try readFault(words)
        default:
            throw .init(
                "\"\(words.joined(separator: " "))\" is no statement; there are policy, fencing, reprotection,"
                    + " move-when-lan-is-lost, seed, at and until")
        }
    }

    /// Reads `at TIME FAULT [HOST] [for TIME]`.
    private mutating func readFault(_ words: [String]) throws(ScenarioFault.Reason) {
        guard faults.count < Self.mostFaults else { throw .init("there are more than \(Self.mostFaults) faults") }
        let start = try Self.time(words[1])
        let order = OperatorOrder(rawValue: words[2])
        guard let kind = order == nil ? Fault.Kind(rawValue: words[2]) : .order else {
            throw .init("there is no fault \"\(words[2])\"")
        }
        var fault = Fault(kind, .primary, at: start, for: nil, order: order)
        var rest = words.dropFirst(3)
        if let word = rest.first, word != "for" {
            fault.target = try Self.target(word)
            rest = rest.dropFirst()
        }
        if rest.first == "for" {
            guard rest.count == 2, let last = rest.last else { throw .init("\"for\" needs one time") }
            fault.duration = try Self.time(last)
            rest = []
        }
        guard rest.isEmpty else { throw .init("\"\(rest.joined(separator: " "))\" is one too many") }
        faults.append(fault)
    }

    private static func target(_ word: String) throws(ScenarioFault.Reason) -> Fault.Target {
        switch word {
        case "primary": return .primary
        case "backup": return .backup
        default:
            guard let host = HostNumber.allCases.first(where: { $0.name == word }) else {
                throw .init("\"\(word)\" is not xen1, xen2, primary or backup")
            }
            return .host(host)
        }
    }

    private static func choice<Choice: RawRepresentable & CaseIterable>(
        _ word: String
    ) throws(ScenarioFault.Reason) -> Choice where Choice.RawValue == String {
        if let choice = Choice(rawValue: word) { return choice }
        throw .init("\"\(word)\" is none of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
    }

    private static func flag(_ word: String) throws(ScenarioFault.Reason) -> Bool {
        guard word == "on" || word == "off" else { throw .init("\"\(word)\" is neither on nor off") }
        return word == "on"
    }

    /// `12s`, `1.5s` or `250ms`, at most ten minutes.
    private static func time(_ word: String) throws(ScenarioFault.Reason) -> VirtualTime {
        let isShort = word.hasSuffix("ms")
        guard isShort || word.hasSuffix("s") else { throw .init("\"\(word)\" is not a time such as 2s or 250ms") }
        guard let value = Double(word.dropLast(isShort ? 2 : 1)), value >= 0, value.isFinite,
            value * (isShort ? 1e6 : 1e9) <= Double(longest)
        else { throw .init("\"\(word)\" is not a time of up to 600s") }
        return VirtualTime(value * (isShort ? 1e6 : 1e9))
    }
}

extension ScenarioFault {
    /// What is wrong with a line, before it is known which.
    struct Reason: Error {
        let text: String

        init(_ text: String) { self.text = text }
    }
}
