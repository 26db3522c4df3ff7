public import ReplicaModel

/// The claims of one host, at most ``HeartbeatLimits/claims``, each domain once.
///
/// They are held in place, so that copies allocate nothing.
public struct ClaimList: Sendable {
    private var storage: [32 of DomainClaim]
    /// The number of claims, in `0...HeartbeatLimits.claims`.
    public private(set) var count = 0

    /// Makes an empty list.
    public init() {
        let empty = DomainClaim(
            domain: DomainIdentity(high: 0, low: 0), role: .seeding, generation: .none, epoch: .none)
        storage = .init(repeating: empty)
    }

    /// Makes a list of claims; `nil` when there are too many or one domain comes twice.
    ///
    /// - Parameter claims: At most ``HeartbeatLimits/claims``.
    public init?(_ claims: some Sequence<DomainClaim>) {
        self.init()
        for claim in claims {
            guard append(claim) else { return nil }
        }
    }

    /// Adds a claim.
    ///
    /// - Parameter claim: A claim on a domain that is not in the list.
    /// - Returns: `false`, and the list is as it was, when the list is full or has the domain.
    public mutating func append(_ claim: DomainClaim) -> Bool {
        guard count < HeartbeatLimits.claims, self.claim(on: claim.domain) == nil else { return false }
        storage[count] = claim
        count += 1
        return true
    }

    /// The claim on one domain.
    ///
    /// - Parameter domain: The domain to look for.
    /// - Returns: Its claim, or `nil` when the host says nothing about the domain.
    public func claim(on domain: DomainIdentity) -> DomainClaim? { first { $0.domain == domain } }

    /// Whether both lists say the same but for the epochs, which move many times a second.
    ///
    /// - Parameter other: The list to compare with.
    /// - Returns: `true` when domains, roles and generations are the same, in the same order.
    public func agreesOnRoles(with other: ClaimList) -> Bool {
        elementsEqual(other) { $0.domain == $1.domain && $0.role == $1.role && $0.generation == $1.generation }
    }
}

extension ClaimList: RandomAccessCollection {
    /// Always 0.
    public var startIndex: Int { 0 }
    /// The number of claims.
    public var endIndex: Int { count }

    /// The claim at a position in `0..<count`.
    public subscript(position: Int) -> DomainClaim {
        precondition(position < count, "a claim list has no claim at \(position)")
        return storage[position]
    }
}

extension ClaimList: Equatable {
    /// Whether both lists hold the same claims in the same order.
    public static func == (left: ClaimList, right: ClaimList) -> Bool { left.elementsEqual(right) }
}
