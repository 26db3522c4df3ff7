/// The identifiers that DRBD gives to a state of the data, and the flags of its metadata.
public struct MirrorIdentifiers: Equatable, Sendable, CustomStringConvertible {
    /// Names the data as they are; its lowest bit says that this host is primary.
    public let current: UInt64
    /// Names the state that the peer had when it was lost; 0 while nothing was written without it.
    public let bitmap: UInt64
    /// Earlier names, the newest first.
    public let history: [UInt64]
    /// The flags of the metadata (`MDF_…`).
    public let flags: UInt32

    /// Makes a set of identifiers.
    public init(current: UInt64, bitmap: UInt64, history: [UInt64], flags: UInt32) {
        self.current = current
        self.bitmap = bitmap
        self.history = history
        self.flags = flags
    }

    /// Whether this host was primary when it was last heard of, and did not step down.
    public var wasPrimaryInACrash: Bool { flags & (1 << 6) != 0 }

    /// All of it in one line.
    public var description: String {
        let names = ([current, bitmap] + history).map { String($0, radix: 16) }.joined(separator: ":")
        return "\(names) flags 0x\(String(flags, radix: 16))"
    }
}
