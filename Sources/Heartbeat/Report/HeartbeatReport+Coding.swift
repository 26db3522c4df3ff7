internal import ReplicaModel

extension HeartbeatReport {
    /// Writes the report for the local socket.
    ///
    /// - Parameter bytes: ``HeartbeatLimits/message`` bytes.
    /// - Returns: How many were written.
    func encode(into bytes: inout MutableRawSpan) -> Int {
        var cursor = 0
        LocalMessage.begin(.report, in: &bytes, &cursor)
        bytes.put(time.nanoseconds, &cursor)
        verdict.put(into: &bytes, &cursor)
        bytes.put(UInt8(paths.count), &cursor)
        for index in paths.indices { paths[index].put(into: &bytes, &cursor) }
        bytes.putOptional(peerSession, &cursor)
        bytes.put(peerControllerConnected.map { $0 ? 2 : 1 } ?? 0 as UInt8, &cursor)
        bytes.put((peerClaimsStale ? 1 : 0) | (peerShuttingDown ? 2 : 0) as UInt8, &cursor)
        bytes.put(peerCarriers.bits, &cursor)
        peerClaims.put(into: &bytes, &cursor)
        bytes.put(peerLateness, &cursor)
        bytes.put(claimsSerial, &cursor)
        lateness.put(into: &bytes, &cursor)
        for reason in DatagramRefusal.allCases { bytes.put(refusals[reason], &cursor) }
        return cursor
    }

    /// Reads a report; `nil` when the bytes are not exactly one of this version.
    init?(decoding bytes: RawSpan) {
        var cursor = 0
        guard LocalMessage.isNext(.report, in: bytes, &cursor), let time = bytes.take(UInt64.self, &cursor),
            let verdict = PeerVerdict(taking: bytes, &cursor), let pathCount = bytes.take(UInt8.self, &cursor),
            pathCount <= HeartbeatLimits.paths
        else { return nil }
        self.init(time: MonotonicTime(nanoseconds: time), paths: [])
        self.verdict = verdict
        for _ in 0..<pathCount {
            guard let path = PathReport(taking: bytes, &cursor) else { return nil }
            paths.append(path)
        }
        guard takePeer(bytes, &cursor), let serial = bytes.take(UInt64.self, &cursor),
            let lateness = Lateness(taking: bytes, &cursor)
        else { return nil }
        claimsSerial = serial
        self.lateness = lateness
        for reason in DatagramRefusal.allCases {
            guard let count = bytes.take(UInt64.self, &cursor) else { return nil }
            refusals[reason] = count
        }
        guard cursor == bytes.byteCount else { return nil }
    }

    private mutating func takePeer(_ bytes: RawSpan, _ cursor: inout Int) -> Bool {
        guard let session = bytes.takeOptional(&cursor), let controller = bytes.take(UInt8.self, &cursor),
            controller <= 2, let flags = bytes.take(UInt8.self, &cursor), flags <= 3,
            let carrierBits = bytes.take(UInt8.self, &cursor), let carriers = NetworkCarriers(bits: carrierBits),
            let claims = ClaimList(taking: bytes, &cursor), let peerLateness = bytes.take(UInt64.self, &cursor)
        else { return false }
        peerSession = session
        peerControllerConnected = controller == 0 ? nil : controller == 2
        peerClaimsStale = flags & 1 != 0
        peerShuttingDown = flags & 2 != 0
        peerCarriers = carriers
        peerClaims = claims
        self.peerLateness = peerLateness
        return true
    }
}
