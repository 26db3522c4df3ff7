/// Where the output of an interface stands between two messages to the plug.
public enum PlugState: Equatable, Sendable {
    /// Frames pass at once; nothing is protected.
    case transparent
    /// Frames are held, and every closed epoch was released: a barrier may be placed.
    case holding
    /// Frames are held, and the epoch before the last barrier waits for its release: no other barrier may be placed.
    ///
    /// When a checkpoint failed after its barrier, the guest runs on and its frames pile up behind that barrier. The
    /// next checkpoint that is committed covers them; release then, without another barrier, and carry on as usual.
    /// An adopted buffer starts here, because the kernel does not tell whether a barrier was in flight.
    case barrierInFlight

    /// Whether ``HeldInterface/barrier()`` is legal now.
    public var acceptsBarrier: Bool { self != .barrierInFlight }

    /// Whether ``HeldInterface/releaseOne()`` is legal now.
    public var acceptsRelease: Bool { self == .barrierInFlight }
}
