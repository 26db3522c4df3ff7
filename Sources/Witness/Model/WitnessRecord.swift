// Witness: asks an etcd cluster who owns a domain. The types in `Model` are plain values without I/O, for the protocol's
// machines and the simulator; `Client` speaks to etcd's HTTP gateway, `Service` gives it threads.

public import ReplicaModel

/// What the witness remembers of one domain: who owns it, and who alone may take it over.
public struct WitnessRecord: Equatable, Hashable, Sendable {
    /// The bytes of a host's name at most.
    public static let longestName = 64

    /// The host that owns the domain.
    public var owner: String
    /// Counts changes of owner, from 1.
    public var generation: Generation
    /// The host that may take the domain over; `nil` when the owner is alone and nobody may.
    public var replica: String?

    /// Makes a record; see ``isWellFormed`` for what can be stored.
    ///
    /// - Parameters:
    ///   - owner: The owner's name: 1 to 64 letters, digits, dots, dashes and underscores.
    ///   - generation: At least 1.
    ///   - replica: Another host's name of the same form, or `nil`.
    public init(owner: String, generation: Generation, replica: String?) {
        self.owner = owner
        self.generation = generation
        self.replica = replica
    }

    /// Whether this can be stored: names of the form above, two different hosts, a generation of at least 1.
    public var isWellFormed: Bool {
        guard Self.isName(owner), generation > .none else { return false }
        guard let replica else { return true }
        return Self.isName(replica) && replica != owner
    }

    /// Whether a text has the form of a host's or a cluster's name.
    static func isName(_ text: some StringProtocol) -> Bool {
        guard (1...longestName).contains(text.utf8.count) else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"): true
            case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"): true
            default: false
            }
        }
    }
}
