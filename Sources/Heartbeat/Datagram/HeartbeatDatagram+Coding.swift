internal import ReplicaModel

extension HeartbeatDatagram {
    /// The first four bytes of every datagram, "RHBD" in a capture.
    public static let magic: UInt32 = 0x4442_4852
    /// The version of the layout; a datagram of another version is refused.
    public static let version: UInt8 = 1

    /// The places of the fields; docs/heartbeat.md has the table.
    private enum Place {
        static let magic = 0
        static let version = 4
        static let network = 5
        static let length = 6
        static let checksum = 8
        static let flags = 12
        static let carriers = 14
        static let claimCount = 15
        static let session = 16
        static let sequence = 24
        static let sendTime = 32
        static let echoSession = 40
        static let echoSendTime = 48
        static let echoHeld = 56
        static let hostNameLength = 60
        /// Bytes of an authentication tag behind the claims: version 1 has none.
        static let tagLength = 61
        static let reserved = 62
        static let hostName = 64
        static let claims = 128
        static let claimSize = DomainClaim.encodedLength
    }

    /// The bytes that the datagram takes, in `128...HeartbeatLimits.datagram`.
    public var encodedLength: Int { Place.claims + claims.count * Place.claimSize }

    /// Writes the datagram.
    ///
    /// - Parameter bytes: At least ``encodedLength`` bytes; those behind are left alone.
    public func encode(into bytes: inout MutableRawSpan) {
        let length = encodedLength
        bytes.store(Self.magic, at: Place.magic)
        bytes.store(Self.version, at: Place.version)
        bytes.store(network.rawValue, at: Place.network)
        bytes.store(UInt16(length), at: Place.length)
        bytes.store(flags.rawValue, at: Place.flags)
        bytes.store(carriers.bits, at: Place.carriers)
        bytes.store(UInt8(claims.count), at: Place.claimCount)
        bytes.store(session, at: Place.session)
        bytes.store(sequence, at: Place.sequence)
        bytes.store(sendTime.nanoseconds, at: Place.sendTime)
        bytes.store(echo?.session ?? 0, at: Place.echoSession)
        bytes.store(echo?.sendTime.nanoseconds ?? 0, at: Place.echoSendTime)
        bytes.store(echo?.heldMicroseconds ?? 0, at: Place.echoHeld)
        bytes.store(UInt8(hostName.count), at: Place.hostNameLength)
        bytes.store(0 as UInt8, at: Place.tagLength)
        bytes.store(0 as UInt16, at: Place.reserved)
        hostName.store(into: &bytes, at: Place.hostName)
        for index in claims.indices {
            claims[index].encode(into: &bytes, at: Place.claims + index * Place.claimSize)
        }
        bytes.store(Checksum.crc32c(bytes.bytes.extracting(0..<length), field: Place.checksum), at: Place.checksum)
    }

    /// Reads a datagram that anyone may have sent.
    ///
    /// - Parameter bytes: What was received.
    /// - Throws: ``DatagramRefusal`` with the first fault found.
    public init(decoding bytes: RawSpan) throws(DatagramRefusal) {
        guard (Place.claims...HeartbeatLimits.datagram).contains(bytes.byteCount) else { throw .length }
        guard bytes.load(UInt32.self, at: Place.magic) == Self.magic else { throw .magic }
        guard bytes.load(UInt8.self, at: Place.version) == Self.version else { throw .version }
        let claimCount = Int(bytes.load(UInt8.self, at: Place.claimCount))
        guard Int(bytes.load(UInt16.self, at: Place.length)) == bytes.byteCount,
            Place.claims + claimCount * Place.claimSize == bytes.byteCount
        else { throw .length }
        guard bytes.load(UInt32.self, at: Place.checksum) == Checksum.crc32c(bytes, field: Place.checksum) else {
            throw .checksum
        }
        let flags = DatagramFlags(rawValue: bytes.load(UInt16.self, at: Place.flags))
        let nameLength = Int(bytes.load(UInt8.self, at: Place.hostNameLength))
        guard DatagramFlags.all.isSuperset(of: flags),
            let network = PathNetwork(rawValue: bytes.load(UInt8.self, at: Place.network)),
            let carriers = NetworkCarriers(bits: bytes.load(UInt8.self, at: Place.carriers)),
            let hostName = HostName(bytes, at: Place.hostName, count: nameLength),
            bytes.load(UInt8.self, at: Place.tagLength) == 0, bytes.load(UInt16.self, at: Place.reserved) == 0
        else { throw .malformed }
        let session = bytes.load(UInt64.self, at: Place.session)
        let sequence = bytes.load(UInt64.self, at: Place.sequence)
        guard session != 0, sequence != 0 else { throw .malformed }
        self.init(
            hostName: hostName, network: network, session: session, sequence: sequence,
            sendTime: MonotonicTime(nanoseconds: bytes.load(UInt64.self, at: Place.sendTime)),
            echo: try Self.echo(bytes), flags: flags, carriers: carriers, claims: ClaimList())
        for index in 0..<claimCount {
            let place = Place.claims + index * Place.claimSize
            guard let claim = DomainClaim(decoding: bytes, at: place), claims.append(claim) else { throw .malformed }
        }
    }

    private static func echo(_ bytes: RawSpan) throws(DatagramRefusal) -> Echo? {
        let echo = Echo(
            session: bytes.load(UInt64.self, at: Place.echoSession),
            sendTime: MonotonicTime(nanoseconds: bytes.load(UInt64.self, at: Place.echoSendTime)),
            heldMicroseconds: bytes.load(UInt32.self, at: Place.echoHeld))
        if echo.session != 0 { return echo }
        guard echo.sendTime.nanoseconds == 0, echo.heldMicroseconds == 0 else { throw .malformed }
        return nil
    }
}
