internal import ReplicaModel

extension WitnessRecord {
    /// What is stored in a domain's place.
    public enum Decoded: Equatable, Sendable {
        /// A record of ours.
        case record(WitnessRecord)
        /// Something else, or a newer version's; nothing may be concluded from it.
        case garbage
    }

    /// The one form of the record as JSON, for instance `{"version":1,"owner":"xen1","generation":7,"replica":"xen2"}`.
    ///
    /// Equal records have equal texts, so etcd can compare them byte by byte.
    public var text: String {
        let replica = replica.map { "\"\($0)\"" } ?? "null"
        return "{\"version\":1,\"owner\":\"\(owner)\",\"generation\":\(generation),\"replica\":\(replica)}"
    }

    /// Reads a record.
    ///
    /// - Parameter text: What was stored; only the very form of ``text`` is a record.
    /// - Returns: The record, or garbage.
    public static func decoded(_ text: String) -> Decoded {
        var rest = text[...]
        guard rest.take("{\"version\":1,\"owner\":\""), let owner = rest.take(until: "\""),
            rest.take(",\"generation\":"), let digits = rest.take(until: ","), let number = UInt64(digits),
            rest.take("\"replica\":")
        else { return .garbage }
        var replica: Substring?
        if rest.take("\"") {
            replica = rest.take(until: "\"")
        } else if !rest.take("null") {
            return .garbage
        }
        let record = WitnessRecord(
            owner: String(owner), generation: Generation(rawValue: number), replica: replica.map(String.init))
        // Written again it must be the same, which leaves no second form of a number or of the end.
        return record.isWellFormed && record.text.utf8.elementsEqual(text.utf8) ? .record(record) : .garbage
    }
}

extension Substring {
    /// Passes over `prefix`, if it is there.
    fileprivate mutating func take(_ prefix: String) -> Bool {
        guard hasPrefix(prefix) else { return false }
        removeFirst(prefix.count)
        return true
    }

    /// Passes over everything up to and including `end`, and returns what is before it.
    fileprivate mutating func take(until end: Character) -> Substring? {
        guard let index = firstIndex(of: end) else { return nil }
        defer { self = self[self.index(after: index)...] }
        return self[..<index]
    }
}
