/// What a host sees of the cables of its two networks.
public struct NetworkCarriers: Equatable, Sendable {
    /// Whether any path's interface on the guests' network has a carrier; `nil` when none is watched.
    public var lan: Bool?
    /// Whether any path's interface on the replication network has a carrier; `nil` when none is watched.
    public var replication: Bool?

    /// Makes a pair of states.
    public init(lan: Bool? = nil, replication: Bool? = nil) {
        self.lan = lan
        self.replication = replication
    }

    /// Two bits a network, lan first: 0 not watched, 1 no carrier, 2 carrier.
    var bits: UInt8 { Self.code(lan) | Self.code(replication) << 2 }

    /// Reads the bits of a datagram; `nil` when they say nothing that is defined.
    init?(bits: UInt8) {
        guard bits < 16, bits & 3 != 3, bits >> 2 != 3 else { return nil }
        lan = Self.state(bits & 3)
        replication = Self.state(bits >> 2)
    }

    private static func code(_ state: Bool?) -> UInt8 { state.map { $0 ? 2 : 1 } ?? 0 }

    private static func state(_ code: UInt8) -> Bool? { code == 0 ? nil : code == 2 }
}
