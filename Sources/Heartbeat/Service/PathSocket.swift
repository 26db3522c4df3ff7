internal import CLinux
internal import ReplicaModel
internal import SystemKit

/// The UDP socket of one path; it never blocks.
final class PathSocket: Sendable {
    /// What came out of the socket.
    enum Received {
        /// Nothing is queued.
        case nothing
        /// A datagram of the peer.
        case datagram(HeartbeatDatagram)
        /// A datagram that is not taken.
        case refused(DatagramRefusal)
    }

    private let descriptor: FileDescriptor
    private let peer: rc_address
    private let seal: DatagramSeal

    /// Opens the socket of a path.
    ///
    /// - Parameters:
    ///   - path: The path.
    ///   - seal: The path's seal: what goes out gets its tag here, what comes in without the peer's is refused here.
    /// - Throws: ``HeartbeatError`` when an address is not valid or the port is not free.
    init(_ path: HeartbeatPath, seal: DatagramSeal) throws(HeartbeatError) {
        var local = rc_address()
        var peer = rc_address()
        let family = rc_address_parse(path.localAddress, path.port, &local)
        guard family >= 0 else { throw .address(path: path.name, path.localAddress) }
        guard rc_address_parse(path.peerAddress, path.port, &peer) == family else {
            throw .address(path: path.name, path.peerAddress)
        }
        do {
            descriptor = FileDescriptor(owning: try checked(rc_datagram_open(&local), "bind \(path.localAddress)"))
        } catch {
            throw .path(path.name, error)
        }
        self.peer = peer
        self.seal = seal
    }

    /// The descriptor's number, to poll.
    var number: Int32 { descriptor.number }

    /// Sends a datagram.
    ///
    /// - Parameters:
    ///   - datagram: What to send.
    ///   - buffer: ``HeartbeatLimits/message`` bytes.
    /// - Returns: 0, or an `errno`.
    func send(_ datagram: HeartbeatDatagram, through buffer: UnsafeMutableRawBufferPointer) -> Int32 {
        var span = buffer.mutableBytes
        datagram.encode(into: &span, sealedBy: seal)
        return withUnsafePointer(to: peer) { peer in
            -rc_datagram_send(descriptor.number, peer, buffer.baseAddress, datagram.encodedLength)
        }
    }

    /// Takes the next datagram out of the queue.
    ///
    /// - Parameter buffer: ``HeartbeatLimits/message`` bytes.
    /// - Returns: What it was.
    func receive(through buffer: UnsafeMutableRawBufferPointer) -> Received {
        var from = rc_address()
        let length = Int(rc_datagram_receive(descriptor.number, &from, buffer.baseAddress, buffer.count))
        // An error of an earlier send is reported here too; the queue is looked at again at the next beat.
        guard length >= 0 else { return .nothing }
        let isPeer = withUnsafePointer(to: peer) { rc_address_is_same($0, &from) != 0 }
        guard isPeer else { return .refused(.address) }
        guard length <= buffer.count else { return .refused(.length) }
        do {
            return .datagram(
                try HeartbeatDatagram(decoding: buffer.bytes.extracting(0..<length), sealedBy: seal))
        } catch {
            return .refused(error)
        }
    }
}
