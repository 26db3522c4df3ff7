internal import ReplicaModel

extension HeartbeatDatagram {
    /// The first four bytes of every datagram, "RHBD" in a capture.
    public static let magic: UInt32 = 0x4442_4852
    /// The version of the layout; a datagram of another version is refused.
    public static let version: UInt8 = 2

    /// The places of the fields; docs/heartbeat.md has the table.
    private enum Place {
        static let magic = 0
        static let version = 4
        static let network = 5
        static let length = 6
        static let lateness = 8
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
        static let tagLength = 61
        static let reserved = 62
        static let hostName = 64
        static let claims = 128
        static let claimSize = DomainClaim.encodedLength
    }

    /// The bytes that the datagram takes with its tag, in `160...HeartbeatLimits.datagram`.
    public var encodedLength: Int { Place.claims + claims.count * Place.claimSize + DatagramSeal.tagLength }

    /// Writes the datagram and its tag.
    ///
    /// - Parameters:
    ///   - bytes: At least ``encodedLength`` bytes; those behind are left alone.
    ///   - seal: The path's seal.
    func encode(into bytes: inout MutableRawSpan, sealedBy seal: DatagramSeal) {
        let length = encodedLength
        bytes.store(Self.magic, at: Place.magic)
        bytes.store(Self.version, at: Place.version)
        bytes.store(network.rawValue, at: Place.network)
        bytes.store(UInt16(length), at: Place.length)
        bytes.store(latenessMicroseconds, at: Place.lateness)
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
        bytes.store(UInt8(DatagramSeal.tagLength), at: Place.tagLength)
        bytes.store(0 as UInt16, at: Place.reserved)
        hostName.store(into: &bytes, at: Place.hostName)
        for index in claims.indices {
            claims[index].encode(into: &bytes, at: Place.claims + index * Place.claimSize)
        }
        let tagPlace = length - DatagramSeal.tagLength
        let tag = seal.tag(of: bytes.bytes.extracting(0..<tagPlace))
        for index in tag.indices { bytes.store(tag[index], at: tagPlace + index) }
    }

    /// Reads a datagram that anyone may have sent.
    ///
    /// What is checked before the tag only gives a refusal its reason: nothing is taken of a datagram whose tag is not
    /// the peer's.
    ///
    /// - Parameters:
    ///   - bytes: What was received.
    ///   - seal: The path's seal.
    /// - Throws: ``DatagramRefusal`` with the first fault found.
    init(decoding bytes: RawSpan, sealedBy seal: DatagramSeal) throws(DatagramRefusal) {
        let claimCount = try Self.checkFrame(bytes)
        let nameLength = Int(bytes.load(UInt8.self, at: Place.hostNameLength))
        let hostName = HostName(bytes, at: Place.hostName, count: nameLength)
        guard let hostName, hostName == seal.peerName else { throw .hostName }
        guard bytes.load(UInt8.self, at: Place.network) == seal.network.rawValue else { throw .network }
        let tagPlace = bytes.byteCount - DatagramSeal.tagLength
        guard seal.isAuthentic(bytes.extracting(0..<tagPlace), tag: bytes.extracting(tagPlace..<bytes.byteCount)) else {
            throw .authentication
        }
        let flags = DatagramFlags(rawValue: bytes.load(UInt16.self, at: Place.flags))
        guard DatagramFlags.all.isSuperset(of: flags),
            let carriers = NetworkCarriers(bits: bytes.load(UInt8.self, at: Place.carriers)),
            bytes.load(UInt8.self, at: Place.tagLength) == DatagramSeal.tagLength,
            bytes.load(UInt16.self, at: Place.reserved) == 0
        else { throw .malformed }
        let session = bytes.load(UInt64.self, at: Place.session)
        let sequence = bytes.load(UInt64.self, at: Place.sequence)
        guard session != 0, sequence != 0 else { throw .malformed }
        self.init(
            hostName: hostName, network: seal.network, session: session, sequence: sequence,
            sendTime: MonotonicTime(nanoseconds: bytes.load(UInt64.self, at: Place.sendTime)),
            echo: try Self.echo(bytes), flags: flags, carriers: carriers, claims: ClaimList())
        latenessMicroseconds = bytes.load(UInt32.self, at: Place.lateness)
        for index in 0..<claimCount {
            let place = Place.claims + index * Place.claimSize
            guard let claim = DomainClaim(decoding: bytes, at: place), claims.append(claim) else { throw .malformed }
        }
    }

    /// Checks that the bytes are a whole datagram of this version; returns the number of its claims.
    private static func checkFrame(_ bytes: RawSpan) throws(DatagramRefusal) -> Int {
        let least = Place.claims + DatagramSeal.tagLength
        guard (least...HeartbeatLimits.datagram).contains(bytes.byteCount) else { throw .length }
        guard bytes.load(UInt32.self, at: Place.magic) == Self.magic else { throw .magic }
        guard bytes.load(UInt8.self, at: Place.version) == Self.version else { throw .version }
        let claimCount = Int(bytes.load(UInt8.self, at: Place.claimCount))
        guard Int(bytes.load(UInt16.self, at: Place.length)) == bytes.byteCount,
            least + claimCount * Place.claimSize == bytes.byteCount
        else { throw .length }
        return claimCount
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
