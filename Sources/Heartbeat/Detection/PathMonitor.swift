public import ReplicaModel

/// What one path told so far.
public struct PathMonitor: Equatable, Sendable {
    /// When the peer was last heard on the path.
    public private(set) var lastHeard: MonotonicTime?
    /// The newest send time of ours that the peer confirmed on the path.
    public private(set) var lastEcho: MonotonicTime?
    /// The smoothed round trip in nanoseconds, without the time for which the peer held the echo.
    public private(set) var roundTrip: UInt64?
    /// The datagrams taken.
    public private(set) var received: UInt64 = 0
    /// The peer's beats that never came, or came late.
    public private(set) var missed: UInt64 = 0
    /// The datagrams that came late or twice.
    public private(set) var late: UInt64 = 0
    private var newest: (session: UInt64, sequence: UInt64)?
    private var sighting: Sighting?

    /// Makes a monitor of a path on which nothing was heard.
    public init() {}

    /// Takes a datagram into account.
    ///
    /// A late one is refused, though it proves that the path works: what it says is older than what is known, and
    /// counting it as heard would let anyone who recorded it keep a dead host alive.
    ///
    /// - Parameters:
    ///   - datagram: A datagram of the peer's present session.
    ///   - ownSession: This host's session: an echo of another one says nothing on the present clock.
    ///   - now: The clock, read after the datagram was received.
    ///   - moment: When the peer counts as heard by it: not `now` when a newer beat came before on another path.
    /// - Throws: ``DatagramRefusal/lateOrReplayed`` or ``DatagramRefusal/echoOfFuture``; nothing was taken but the count.
    public mutating func receive(
        _ datagram: HeartbeatDatagram, ownSession: UInt64, at now: MonotonicTime, heardAt moment: MonotonicTime
    ) throws(DatagramRefusal) {
        let echo = datagram.echo.flatMap { $0.session == ownSession ? $0 : nil }
        if let echo, echo.sendTime > now { throw .echoOfFuture }
        if let newest, newest.session == datagram.session {
            guard datagram.sequence > newest.sequence else { throw refuseLate() }
            // What the peer sends must not be able to trap: the sum may wrap.
            missed &+= datagram.sequence - newest.sequence - 1
        }
        newest = (datagram.session, datagram.sequence)
        sighting = Sighting(datagram, at: now)
        lastHeard = max(lastHeard ?? moment, moment)
        received += 1
        if let echo { take(echo, at: now) }
    }

    /// Counts a datagram that is too old to say anything.
    mutating func refuseLate() -> DatagramRefusal {
        late += 1
        return .lateOrReplayed
    }

    private mutating func take(_ echo: Echo, at now: MonotonicTime) {
        lastEcho = max(lastEcho ?? echo.sendTime, echo.sendTime)
        let elapsed = now.nanoseconds(since: echo.sendTime)
        let held = UInt64(echo.heldMicroseconds) * 1000
        let sample = elapsed > held ? elapsed - held : 0
        roundTrip = roundTrip.map { $0 - $0 / 8 + sample / 8 } ?? sample
    }

    /// The echo for the next datagram on the path.
    ///
    /// - Parameter now: The clock.
    /// - Returns: The echo; `nil` when nothing was heard.
    public func echo(at now: MonotonicTime) -> Echo? { sighting?.echo(at: now) }

    /// Whether both monitors know the same.
    public static func == (left: PathMonitor, right: PathMonitor) -> Bool {
        left.lastHeard == right.lastHeard && left.lastEcho == right.lastEcho && left.roundTrip == right.roundTrip
            && left.received == right.received && left.missed == right.missed && left.late == right.late
            && left.newest?.session == right.newest?.session && left.newest?.sequence == right.newest?.sequence
            && left.sighting == right.sighting
    }
}
