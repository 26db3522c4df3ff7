internal import CLinux
internal import Glibc
internal import Synchronization
internal import SystemKit

/// Tells when a guest has sent something since its last checkpoint, the moment it does: a thread waits for the first frame.
///
/// A packet socket sees each frame before traffic control redirects it to the buffer, and takes one byte of the first ones.
/// The frames themselves go their way as they would without it. After the first frame the thread rests until
/// ``openRound()``, so that a guest which sends much costs as little as one which sends once in an epoch.
public final class ArrivalWatch: Sendable {
    private struct State {
        var oldest: UInt64?
        var isStopped = false
    }

    /// How long the thread waits before it looks whether it was stopped, in milliseconds.
    private static let patience: Int32 = 500
    /// How long it rests at most when nobody begins another round, in nanoseconds.
    private static let longestRest: UInt64 = 60_000_000_000
    /// The most interfaces that are watched.
    private static let interfaceLimit = 64

    private let sockets: Sockets
    private let state = Mutex(State())
    private let rounds = Mailbox<Void>(capacity: 1) { _, _ in true }
    private let arrived: @Sendable () -> Void

    /// Begins to watch.
    ///
    /// - Parameters:
    ///   - interfaces: The guest's interfaces in this host, at most 64; for none there is nothing to see.
    ///   - arrived: Called on the watch's own thread for the first frame of each round.
    /// - Throws: ``OutputBufferError``.
    public init(interfaces: [String], arrived: @escaping @Sendable () -> Void) throws(OutputBufferError) {
        sockets = try Sockets(Array(interfaces.prefix(Self.interfaceLimit)))
        self.arrived = arrived
        guard !sockets.numbers.isEmpty else { return }
        do throws(SystemError) {
            try Thread(name: "arrivals") { [self] in watch() }.detach()
        } catch {
            throw .kernel(
                interface: interfaces[0], action: BufferStep.watchFrames.words, reason: error.description)
        }
    }

    /// When the first frame since the last ``closeRound()`` came, in nanoseconds of ``SystemKit/Clock/monotonic``.
    public var oldest: UInt64? { state.withLock { $0.oldest } }

    /// Ends a round: what came so far is in the epoch that ends; wakes nobody.
    ///
    /// Call it while the guest stands still, before the barrier: a frame that slips between the two is taken for one of the
    /// next epoch, which at worst begins early for it. The other way round it would wait for the longest epoch.
    ///
    /// - Returns: When the first frame of the round came, as ``oldest``.
    public func closeRound() -> UInt64? {
        let hadFrames = sockets.forget()
        let oldest = state.withLock { state in
            defer { state.oldest = nil }
            return state.oldest
        }
        return oldest ?? (hadFrames ? Clock.monotonic : nil)
    }

    /// Begins the next round, and wakes the thread if it rests; call it once the guest runs again.
    public func openRound() { rounds.post(()) }

    /// Ends the watch; its thread goes soon.
    public func stop() {
        state.withLock { $0.isStopped = true }
        rounds.post(())
    }

    private var isStopped: Bool { state.withLock { $0.isStopped } }

    private func watch() {
        while !isStopped {
            // A watcher whose interface is gone fails for ever: it counts as a frame, once a round.
            guard sockets.wait(milliseconds: Self.patience) else { continue }
            let isFirst = state.withLock { state in
                guard state.oldest == nil else { return false }
                state.oldest = Clock.monotonic
                return true
            }
            if isFirst { arrived() }
            _ = rounds.next(before: Clock.monotonic + Self.longestRest)
        }
    }
}

/// The watchers of a guest's interfaces, closed when the last one who uses them is gone.
private final class Sockets: Sendable {
    let numbers: [Int32]

    init(_ interfaces: [String]) throws(OutputBufferError) {
        var numbers: [Int32] = []
        for interface in interfaces {
            let index = if_nametoindex(interface)
            let socket = index == 0 ? -ENODEV : rc_packet_open_watcher(Int32(index))
            guard socket >= 0 else {
                for number in numbers { _ = Glibc.close(number) }
                if socket == -ENODEV { throw .noSuchInterface(interface) }
                throw .kernel(
                    interface: interface, action: BufferStep.watchFrames.words,
                    reason: SystemError(code: -socket, call: "packet socket").description)
            }
            numbers.append(socket)
        }
        self.numbers = numbers
    }

    deinit { for number in numbers { _ = Glibc.close(number) } }

    func wait(milliseconds: Int32) -> Bool { rc_packet_wait(numbers, Int32(numbers.count), milliseconds) != 0 }

    func forget() -> Bool {
        var any = false
        for number in numbers where rc_packet_forget(number) > 0 { any = true }
        return any
    }
}
