internal import Synchronization
internal import SystemKit

/// Takes records from every thread and writes them, at once or through a bounded queue and a thread of its own.
final class LogWriter: Sendable {
    static let shared = LogWriter(destination: .detected())

    /// More than a burst of state changes fills; at the bound the newest messages are dropped and counted.
    static let queueLimit = 1_024

    private struct State: ~Copyable {
        var queue: [LogRecord] = []
        var dropped = 0
        var inBackground = false
        /// Records taken by the background thread that it has not yet written.
        var inFlight = 0
        var minimumLevel = LogLevel.info
    }

    private let destination: LogDestination
    private let state = Mutex(State())
    private let wakeUp = Semaphore()

    init(destination: LogDestination) { self.destination = destination }

    func setMinimumLevel(_ level: LogLevel) { state.withLock { $0.minimumLevel = level } }

    func write(_ record: LogRecord) {
        enum Next { case nothing, wake, writeHere }
        let next: Next = state.withLock { state in
            guard record.level <= state.minimumLevel else { return .nothing }
            guard state.inBackground else { return .writeHere }
            guard state.queue.count < Self.queueLimit else {
                state.dropped += 1
                return .nothing
            }
            state.queue.append(record)
            return .wake
        }
        switch next {
        case .nothing: break
        case .wake: wakeUp.signal()
        case .writeHere: destination.write(record)
        }
    }

    func startBackgroundWriter() {
        let isFirst = state.withLock { state in
            defer { state.inBackground = true }
            if !state.inBackground { state.queue.reserveCapacity(Self.queueLimit) }
            return !state.inBackground
        }
        guard isFirst else { return }
        do {
            try Thread(name: "log") { [self] in drainForever() }.detach()
        } catch {
            state.withLock { $0.inBackground = false }
            drain()
        }
    }

    func flush() {
        drain()
        // What the background thread took before us is written within a moment; a stuck journal does not hold us.
        for _ in 0..<100 where state.withLock({ $0.inFlight > 0 }) { Clock.sleep(milliseconds: 10) }
    }

    private func drainForever() {
        while true {
            wakeUp.wait()
            drain()
        }
    }

    private func drain() {
        let (records, dropped) = state.withLock { state in
            let taken = (state.queue, state.dropped)
            state.inFlight += taken.0.count
            state.queue = []
            state.dropped = 0
            return taken
        }
        for record in records { destination.write(record) }
        if dropped > 0 {
            let count: LogField = ("REPLICACTL_COUNT", String(dropped))
            destination.write(LogRecord(level: .warning, message: "log messages dropped, queue full", fields: [count]))
        }
        state.withLock { $0.inFlight -= records.count }
    }
}
