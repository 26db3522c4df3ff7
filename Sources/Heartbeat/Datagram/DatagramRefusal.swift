/// Why a datagram was not taken.
public enum DatagramRefusal: UInt8, Error, Sendable, CaseIterable {
    /// It is shorter or longer than it says, or than any datagram can be.
    case length = 1
    /// It does not begin with the magic number.
    case magic
    /// It is of another version of the layout.
    case version
    /// Its checksum does not match.
    case checksum
    /// A field has a value that is not defined.
    case malformed
    /// It comes from an address that is not the peer's.
    case address
    /// It carries a name that is not the peer's.
    case hostName
    /// It was sent on a path of the other network.
    case network
    /// It is of a session of the peer that a newer one replaced.
    case olderSession
    /// A newer datagram came on the same path before it, or it came twice.
    case late
    /// It echoes a time that this host has not reached.
    case echoOfFuture
}
