/// Why a datagram was not taken.
public enum DatagramRefusal: UInt8, Error, Sendable, CaseIterable {
    /// It is shorter or longer than it says, or than any datagram can be.
    case length = 1
    /// It does not begin with the magic number.
    case magic
    /// It is of another version of the layout.
    case version
    /// It comes from an address that is not the peer's.
    case address
    /// It carries a name that is not the peer's.
    case hostName
    /// It was sent on a path of the other network.
    case network
    /// Its tag is not the one that the shared key gives: forged, changed, meant for another host, or of another key.
    case authentication
    /// A field has a value that is not defined.
    case malformed
    /// It is of a session of the peer that a newer one replaced.
    case supersededSession
    /// It is of a session that has not proven that it is live: a service that just started, or a recording.
    case unprovenSession
    /// A newer datagram came before it, or it came twice: late, or replayed.
    case lateOrReplayed
    /// It echoes a time that this host has not reached.
    case echoOfFuture
}
