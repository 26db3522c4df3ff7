/// What is remembered in xenstore of a guest's cap while it is changed, so that the operator's own comes back after a crash.
struct CapNote: Equatable {
    /// The domain's identity: numbers of domains are used again.
    var identity: String
    /// The cap that an operator gave the guest, in percent of one processor; 0 for none.
    var operators: UInt16
    /// The caps of ours that may be in force: the last one, and the one that is being set.
    var ours: [UInt16]

    /// The note as it is stored.
    var text: String { ([identity, "\(operators)"] + ours.map { "\($0)" }).joined(separator: " ") }

    /// Makes a note.
    init(identity: String, operators: UInt16, ours: [UInt16]) {
        self.identity = identity
        self.operators = operators
        self.ours = ours
    }

    /// Reads a note; `nil` for any other text, or another domain's.
    init?(_ text: String, identity: String) {
        let words = text.split(separator: " ")
        let numbers = words.dropFirst().compactMap { UInt16($0) }
        guard (3...4).contains(words.count), words[0] == identity, numbers.count == words.count - 1 else { return nil }
        self.init(identity: identity, operators: numbers[0], ours: Array(numbers.dropFirst()))
    }

    /// The cap to be restored where this one is found; `nil` when an operator has set it since, and it is to stay.
    func restored(from current: UInt16) -> UInt16? { ours.contains(current) ? operators : nil }

    /// The cap that leaves a guest a share of what it may have.
    ///
    /// - Parameters:
    ///   - percent: How much of 100 it keeps, 1 to 100.
    ///   - processors: How many virtual processors it has.
    ///   - operators: The operator's own cap; 0 for none.
    /// - Returns: Percent of one processor, at least 5: with less, a guest would not even suspend in time.
    static func cap(leaving percent: UInt64, processors: Int, operators: UInt16) -> UInt16 {
        let all = UInt64(max(processors, 1)) * 100
        let allowed = operators == 0 ? all : min(all, UInt64(operators))
        return UInt16(clamping: min(allowed, max(5, allowed * percent / 100)))
    }
}
