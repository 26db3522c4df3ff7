internal import Glibc
internal import GuestSupport
internal import Synchronization

/// What all threads of a load obey.
final class LaneControl: Sendable {
    /// Nanoseconds from one write of a lane to the next; 0 stops the writes.
    let period = Atomic<UInt64>(0)
    /// No lane may begin a write: someone checks.
    let isHeld = Atomic(false)
    /// The threads are to end.
    let isOver = Atomic(false)
}

/// Writes one lane at the set pace, in a thread of its own; whoever has the lane's lock sees no write outstanding.
final class LaneThread: Sendable {
    /// The lane, and the first request that the disk refused, after which it is not written any more.
    struct State {
        let lane: DiskLane
        var failure: String?

        /// Does something with the lane, and keeps the failure if it fails.
        mutating func attempt(_ work: (DiskLane) throws(SystemError) -> Void) {
            do { try work(lane) } catch { failure = failure ?? "\(lane.name): \(error)" }
        }
    }

    /// How long a thread that has nothing to do sleeps before it looks again, in microseconds.
    private static let nap: UInt32 = 5000

    let name: String
    let blockCount: Int
    private let state: Mutex<State>
    private let control: LaneControl

    init(_ lane: sending DiskLane, _ control: LaneControl) {
        name = lane.name
        blockCount = lane.blockCount
        state = Mutex(State(lane: lane))
        self.control = control
    }

    /// Does something with the lane while no write to it is outstanding.
    func withState<Value>(_ work: (inout sending State) -> sending Value) -> sending Value {
        state.withLock { work(&$0) }
    }

    /// Starts the thread.
    ///
    /// - Throws: ``SystemError`` of `pthread_create`.
    func start() throws(SystemError) {
        var thread = pthread_t()
        let code = pthread_create(&thread, nil, Self.enter, Unmanaged.passRetained(self).toOpaque())
        guard code == 0 else { throw SystemError(call: "pthread_create", subject: name, code: code) }
        pthread_detach(thread)
    }

    nonisolated private static let enter: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
        guard let context = $0 else { return nil }
        Unmanaged<LaneThread>.fromOpaque(context).takeRetainedValue().run()
        return nil
    }

    private func run() {
        var pace = Pace(period: 0, now: Clock.monotonic())
        while !control.isOver.load(ordering: .acquiring) {
            let period = control.period.load(ordering: .acquiring)
            if period != pace.period { pace = Pace(period: period, now: Clock.monotonic()) }
            guard period > 0, pace.takeTurn(at: Clock.monotonic()) else {
                usleep(Self.nap)
                continue
            }
            state.withLock { state in
                // Asked again under the lock: who holds the lanes first says so, and then waits for each lock once.
                guard !control.isHeld.load(ordering: .acquiring), state.failure == nil else { return }
                state.attempt { lane throws(SystemError) in try lane.rewrite() }
            }
        }
    }
}
