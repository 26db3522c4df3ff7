internal import CSodium

/// The authentication of one path's datagrams: HMAC-SHA-256 under the pair's key.
///
/// The code covers, before the datagram, who sends it, to whom, and over which network. So a datagram is worth nothing
/// when it is sent back to its sender, to another pair that has the same key, or on a path of the other network. All
/// that is the same for each datagram is hashed once, here; sealing and checking allocate nothing.
struct DatagramSeal: Sendable {
    /// The bytes of a tag: the whole code.
    static let tagLength = 32

    /// What a code of this use of the key begins with; another use of the same key would begin otherwise.
    private static let use: StaticString = "replicactl heartbeat datagram 2"

    /// The name that the peer's datagrams carry.
    let peerName: HostName
    /// The network of the path.
    let network: PathNetwork
    private let outgoing: crypto_auth_hmacsha256_state
    private let incoming: crypto_auth_hmacsha256_state

    /// Makes the seal of a path.
    ///
    /// - Parameters:
    ///   - key: The pair's key.
    ///   - ownName: This host's name.
    ///   - peerName: The peer's name.
    ///   - network: The network of the path.
    init(key: HeartbeatKey, ownName: HostName, peerName: HostName, network: PathNetwork) {
        self.peerName = peerName
        self.network = network
        outgoing = Self.begin(key, from: ownName, to: peerName, over: network)
        incoming = Self.begin(key, from: peerName, to: ownName, over: network)
    }

    private static func begin(
        _ key: HeartbeatKey, from sender: HostName, to receiver: HostName, over network: PathNetwork
    ) -> crypto_auth_hmacsha256_state {
        var state = key.beginCode()
        crypto_auth_hmacsha256_update(&state, use.utf8Start, UInt64(use.utf8CodeUnitCount))
        // Names of one fixed length, so that no two triples give the same bytes.
        var header = [129 of UInt8](repeating: 0)
        var span = header.mutableSpan
        var raw = span.mutableBytes
        sender.store(into: &raw, at: 0)
        receiver.store(into: &raw, at: HeartbeatLimits.hostName)
        raw.store(network.rawValue, at: 2 * HeartbeatLimits.hostName)
        update(&state, with: raw.bytes)
        return state
    }

    /// The tag of a datagram to the peer.
    func tag(of message: RawSpan) -> [32 of UInt8] { Self.finish(outgoing, message) }

    /// Whether the peer made the tag for this datagram; takes the same time whatever the tag is.
    ///
    /// - Parameters:
    ///   - message: The datagram without its tag.
    ///   - tag: ``tagLength`` bytes.
    /// - Returns: Whether the tag is the peer's.
    func isAuthentic(_ message: RawSpan, tag: RawSpan) -> Bool {
        let expected = Self.finish(incoming, message)
        return expected.span.bytes.withUnsafeBytes { expected in
            tag.withUnsafeBytes { given in
                guard let left = expected.baseAddress?.assumingMemoryBound(to: UInt8.self),
                    let right = given.baseAddress?.assumingMemoryBound(to: UInt8.self), given.count == expected.count
                else { return false }
                return crypto_verify_32(left, right) == 0
            }
        }
    }

    private static func finish(_ begun: crypto_auth_hmacsha256_state, _ message: RawSpan) -> [32 of UInt8] {
        var state = begun
        update(&state, with: message)
        var tag = [32 of UInt8](repeating: 0)
        var span = tag.mutableSpan
        unsafe span.withUnsafeMutableBufferPointer { buffer in
            if let base = buffer.baseAddress { crypto_auth_hmacsha256_final(&state, base) }
        }
        return tag
    }

    private static func update(_ state: inout crypto_auth_hmacsha256_state, with bytes: RawSpan) {
        bytes.withUnsafeBytes { raw in
            let base = raw.baseAddress?.assumingMemoryBound(to: UInt8.self)
            crypto_auth_hmacsha256_update(&state, base, UInt64(raw.count))
        }
    }
}
