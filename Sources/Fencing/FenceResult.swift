/// What came of an attempt to fence the peer.
public enum FenceResult: Equatable, Sendable {
    /// The agent said so, and where asked for, the peer's state was seen: the peer does not run what it ran before.
    case fenced(afterMilliseconds: UInt64)
    /// Nothing may be concluded: the peer may run on, may be off, or may go off later.
    case failed(reason: String)
}
