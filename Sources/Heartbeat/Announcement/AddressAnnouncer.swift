internal import ReplicaModel
public import SystemKit

/// Tells a network that guests are on this host now, in rounds on a thread of its own.
///
/// Start it only once this host owns the guests, and stop it before the ownership ends (safety rule 2): an announcement
/// draws the guests' traffic here. Dropping the value ends the rounds too, without waiting for the one under way.
public struct AddressAnnouncer: ~Copyable, Sendable {
    private let thread: Thread
    private let stopper: StopOnDrop
    private let rounds: AnnouncementRounds

    /// Sends the first round before it returns, and the others at their times.
    ///
    /// A frame that cannot be sent is counted, and the next round tries again.
    ///
    /// - Parameters:
    ///   - guests: The interfaces of guests that hang on this bridge.
    ///   - bridge: The bridge, or any other interface from which the guests' network is reached.
    ///   - schedule: When to send.
    /// - Returns: The running announcer.
    /// - Throws: ``SystemError`` when there is no such interface, no socket or no thread.
    public static func start(
        announcing guests: [GuestAddresses], on bridge: String, schedule: AnnouncementSchedule = .standard
    ) throws(SystemError) -> AddressAnnouncer {
        let begin = Clock.monotonic
        let stop = try StopSignal()
        let rounds = AnnouncementRounds(
            socket: try PacketSocket.sender(on: bridge), interface: try PacketSocket.index(of: bridge),
            frames: guests.flatMap { AnnouncementFrames.round(for: $0) },
            deadlines: schedule.times.dropFirst().map { begin + $0.nanoseconds }, stop: stop)
        rounds.sendRound()
        let thread = try Thread(name: "announce") { rounds.run() }
        return AddressAnnouncer(thread: thread, stopper: StopOnDrop(signal: stop), rounds: rounds)
    }

    /// How many frames were sent so far.
    public var sentFrames: Int { rounds.sentFrames }

    /// How many frames could not be sent so far.
    public var failedFrames: Int { rounds.failedFrames }

    /// Ends the rounds; no frame is sent once this has returned.
    public consuming func stop() {
        stopper.signal.fire()
        thread.join()
    }

    /// Waits until the last round was sent.
    public consuming func finish() { thread.join() }
}
