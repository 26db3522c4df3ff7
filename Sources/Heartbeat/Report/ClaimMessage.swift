/// What the controller tells its heartbeat service: all that this host says, with a number to confirm it by.
struct ClaimMessage: Equatable, Sendable {
    var serial: UInt64
    var claims: ClaimList

    init(serial: UInt64, claims: ClaimList) {
        self.serial = serial
        self.claims = claims
    }

    /// Writes the message.
    ///
    /// - Parameter bytes: ``HeartbeatLimits/message`` bytes.
    /// - Returns: How many were written.
    func encode(into bytes: inout MutableRawSpan) -> Int {
        var cursor = 0
        LocalMessage.begin(.claims, in: &bytes, &cursor)
        bytes.put(serial, &cursor)
        claims.put(into: &bytes, &cursor)
        return cursor
    }

    /// Reads a message; `nil` when it is not exactly one of this version.
    init?(decoding bytes: RawSpan) {
        var cursor = 0
        guard LocalMessage.isNext(.claims, in: bytes, &cursor), let serial = bytes.take(UInt64.self, &cursor),
            let claims = ClaimList(taking: bytes, &cursor), cursor == bytes.byteCount
        else { return nil }
        self.init(serial: serial, claims: claims)
    }
}
