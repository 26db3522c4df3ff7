// OutputBuffer: holds what a guest sends on one network interface until it is released.

internal import SystemKit

/// The hold on the output of one interface of a guest.
///
/// Everything that the guest sends is redirected to a buffer device with a plug, whatever its ethertype. The hold lives
/// in the kernel, not in this value: when the value or the whole process ends, held output stays held (safety rule 1),
/// and a later ``attach(interface:limitBytes:)`` adopts it. Only ``open()``, ``releaseOne()`` and
/// ``remove(drainMilliseconds:)`` let frames go.
///
/// Not more than one process at a time may hold one interface; the caller sees to that.
///
/// `@unchecked Sendable`, because the netlink socket and the messages are raw pointers. They have this one owner, and every
/// use of them needs exclusive access to it, so the value can move between threads. It goes with a Sendable libnl handle.
public struct HeldInterface: ~Copyable, @unchecked Sendable {
    /// How the buffer came to be.
    public enum Origin: Equatable, Sendable {
        /// It was made anew, and the output is transparent.
        case created
        /// It was there already, left by an earlier process, and the output is held.
        case adopted
    }

    /// The guest's interface in this host, such as `vif3.0`.
    public let interface: String
    /// The buffer device that takes the interface's output, such as `rc3.0`.
    public let bufferDevice: String
    /// Whether the buffer was made or adopted.
    public let origin: Origin
    /// What may be done next.
    public private(set) var state: PlugState

    let socket: RouteSocket
    let interfaceIndex: Int32
    let deviceIndex: Int32
    private let messages: PlugMessages
    private let copier: FrameCopier

    /// Takes hold of an interface's output: makes the buffer, or adopts the one that an earlier process left.
    ///
    /// A new buffer is transparent until the first ``barrier()``. An adopted one holds, from before the call to after
    /// it; its state is ``PlugState/barrierInFlight``. Frames beyond the limit are dropped at the tail and counted.
    ///
    /// - Parameters:
    ///   - interface: The name of the guest's interface in this host.
    ///   - limitBytes: How much is held at most, in bytes of frames, 1 or more.
    /// - Returns: The hold.
    /// - Throws: ``OutputBufferError``; when something foreign is in the way, nothing was changed.
    public static func attach(interface: String, limitBytes: UInt32) throws(OutputBufferError) -> HeldInterface {
        try BufferSetUp.attach(interface: interface, limitBytes: limitBytes)
    }

    init(parts: consuming BufferSetUp.Parts) {
        interface = parts.interface
        bufferDevice = parts.bufferDevice
        origin = parts.origin
        state = parts.state
        interfaceIndex = parts.interfaceIndex
        deviceIndex = parts.deviceIndex
        socket = parts.socket
        messages = parts.messages
        copier = parts.copier
    }

    /// Closes an epoch: frames from now on belong to the next one.
    ///
    /// The first barrier ends the transparency. Call it while the guest is suspended. The barrier is in force when the call returns. After an error it may or may
    /// not be: the checkpoint of this epoch must not be used.
    ///
    /// - Throws: ``OutputBufferError/epochInFlight(interface:)`` when the last barrier's epoch is not released yet, or the
    ///   kernel's refusal.
    public mutating func barrier() throws(OutputBufferError) {
        switch state {
        case .transparent:
            try endTransparency()
            state = .barrierInFlight
        case .holding:
            // Set before the message: should its answer be lost, a second barrier could strand this epoch's frames.
            state = .barrierInFlight
            try send(messages.hold, .placeBarrier)
        case .barrierInFlight:
            throw .epochInFlight(interface: interface)
        }
    }

    /// Lets go what was sent before the last barrier; later frames stay held (safety rule 1).
    ///
    /// After an error the call may be repeated: the kernel releases an epoch once.
    ///
    /// - Throws: ``OutputBufferError/nothingToRelease(interface:)`` when no barrier was placed since the last release, or
    ///   the kernel's refusal.
    public mutating func releaseOne() throws(OutputBufferError) {
        guard state.acceptsRelease else { throw .nothingToRelease(interface: interface) }
        try send(messages.releaseOne, .release)
        state = .holding
    }

    /// Lets everything go, and makes the buffer transparent until the next barrier.
    ///
    /// - Throws: The kernel's refusal; the output must then be taken for transparent, and the call may be repeated.
    public mutating func open() throws(OutputBufferError) {
        state = .transparent
        try send(messages.open, .open)
    }

    /// What is held now, and what was let go or dropped since the buffer was made.
    ///
    /// - Returns: The plug's counters.
    /// - Throws: The kernel's refusal, also when the buffer device is gone.
    public mutating func statistics() throws(OutputBufferError) -> BufferStatistics {
        do throws(RouteFailure) {
            guard let statistics = try socket.plugStatistics(device: deviceIndex) else {
                throw RouteFailure.noDevice
            }
            return statistics
        } catch {
            throw error.during(.readCounters, on: interface)
        }
    }

    /// Places the first barrier, if possible on an empty queue.
    ///
    /// Frames that slipped into the queue while it was transparent are not in the plug's counts. Were they still there
    /// behind the barrier, each release would leave as many frames behind, for ever. So the barrier is lifted and placed
    /// again, which is allowed as long as the call has not returned.
    private borrowing func endTransparency() throws(OutputBufferError) {
        let attempts = 5
        do throws(RouteFailure) {
            for attempt in 1...attempts {
                try socket.send(messages.hold)
                let held = try socket.plugStatistics(device: deviceIndex)?.heldFrames ?? 0
                if held == 0 || attempt == attempts { return }
                try socket.send(messages.open)
                Clock.sleep(milliseconds: 1)
            }
        } catch {
            throw error.during(.placeBarrier, on: interface)
        }
    }

    private borrowing func send(_ message: borrowing PlugMessage, _ step: BufferStep) throws(OutputBufferError) {
        do throws(RouteFailure) { try socket.send(message) } catch { throw error.during(step, on: interface) }
    }
}
