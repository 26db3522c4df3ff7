internal import ReplicaModel

extension DomainClaim {
    /// Bytes that a claim takes in a datagram and in a local message.
    static let encodedLength = 40

    /// Writes the claim; the UUID's bytes are in the order of its text form.
    func encode(into bytes: inout MutableRawSpan, at offset: Int) {
        bytes.store(domain.high.byteSwapped, at: offset)
        bytes.store(domain.low.byteSwapped, at: offset + 8)
        bytes.store(generation.rawValue, at: offset + 16)
        bytes.store(epoch.rawValue, at: offset + 24)
        bytes.store(UInt64(role.rawValue), at: offset + 32)
    }

    /// Reads a claim at a place that is inside the bytes; `nil` when its role or a reserved byte is not defined.
    init?(decoding bytes: RawSpan, at offset: Int) {
        // The role is one byte, and the seven behind it are reserved: as one number they must be a role.
        guard let role = UInt8(exactly: bytes.load(UInt64.self, at: offset + 32)).flatMap(ClaimRole.init(rawValue:))
        else { return nil }
        self.init(
            domain: DomainIdentity(
                high: bytes.load(UInt64.self, at: offset).byteSwapped,
                low: bytes.load(UInt64.self, at: offset + 8).byteSwapped),
            role: role,
            generation: Generation(rawValue: bytes.load(UInt64.self, at: offset + 16)),
            epoch: Epoch(rawValue: bytes.load(UInt64.self, at: offset + 24)))
    }
}
