// Takes events from every thread and writes them on a thread of its own, so that no disk delays a decision.

internal import Glibc
internal import Synchronization
internal import SystemKit
internal import Telemetry

/// The append-only log of this host's decisions (safety rule 7).
///
/// What cannot be written is counted, and the next line that can be says how many are missing before it. A full disk
/// stops nothing.
final class EventLog: Sendable {
    /// Events that may wait for the disk; further ones are counted and lost (safety rule 6).
    static let queueLimit = 1_024

    private enum Item: Sendable {
        case event(Decision, Moment, lost: UInt64)
        /// Wakes the writer, which then sees that it is to stop.
        case stop
    }

    private let mailbox: Mailbox<Item>
    private let directory: String
    private let host: String
    private let first: UInt64
    /// Events that found the queue full since the last one that did not.
    private let refused = Mutex<UInt64>(0)
    private let limit: Atomic<Int>
    private let total = Atomic<UInt64>(0)
    private let isStopping = Atomic(false)
    private let hasEnded = Atomic(false)

    /// Makes a log; nothing is written before ``start()``.
    ///
    /// - Parameters:
    ///   - directory: The state directory.
    ///   - host: This host's name.
    ///   - first: The number of the first event.
    ///   - limitBytes: The size at which a new file is begun.
    ///   - queueLimit: Events that may wait.
    init(directory: String, host: String, first: UInt64, limitBytes: Int, queueLimit: Int = EventLog.queueLimit) {
        self.directory = directory
        self.host = host
        self.first = first
        limit = Atomic(limitBytes)
        mailbox = Mailbox(capacity: queueLimit)
    }

    /// Marks the moments of this run of the controller.
    var run: UInt64 { first }

    /// How many events could not be written since the log was made.
    var lostCount: UInt64 { total.load(ordering: .acquiring) }

    /// Begins to write.
    ///
    /// - Throws: ``SystemKit/SystemError`` when no thread can be started.
    func start() throws(SystemError) {
        try Thread(name: "events") { [self] in writeUntilStopped() }.detach()
    }

    /// Follows a changed limit from the next line on.
    func setLimit(bytes: Int) { limit.store(bytes, ordering: .relaxed) }

    /// Adds an event; never waits.
    func append(_ decision: Decision, at moment: Moment) {
        // Under the lock, so that the count of what was lost goes with the first event after it.
        refused.withLock { lost in
            if mailbox.post(.event(decision, moment, lost: lost)) {
                lost = 0
            } else {
                lost += 1
                total.add(1, ordering: .releasing)
            }
        }
    }

    /// Waits until everything added so far is written, at most two seconds: a stuck disk holds nobody.
    func stop() {
        isStopping.store(true, ordering: .releasing)
        mailbox.post(.stop)
        for _ in 0..<200 where !hasEnded.load(ordering: .acquiring) { Clock.sleep(milliseconds: 10) }
    }

    // MARK: The writing thread

    private func writeUntilStopped() {
        var page = Page(file: EventFileWriter(directory: directory), next: first)
        while true {
            let mayEnd = isStopping.load(ordering: .acquiring)
            switch mailbox.next(before: mayEnd ? 0 : Clock.monotonic + 3_600_000_000_000) {
            case .event(let decision, let moment, let lost): write(decision, moment, lost, on: &page)
            case .stop: break
            case nil where mayEnd:
                hasEnded.store(true, ordering: .releasing)
                return
            case nil: break
            }
        }
    }

    /// What the writing thread knows of the log.
    private struct Page: ~Copyable {
        var file: EventFileWriter
        /// The number of the next event.
        var next: UInt64
        /// Events that could not be written since the last that could.
        var unwritten: UInt64 = 0
        var isFailing = false
    }

    private func write(_ decision: Decision, _ moment: Moment, _ refused: UInt64, on page: inout Page) {
        if refused > 0 { Log.warning("Events were lost, their queue was full", ("REPLICACTL_COUNT", "\(refused)")) }
        let lost = refused + page.unwritten
        let sequence = page.next + lost
        let record = EventRecord(decision, at: moment, sequence: sequence, host: host, lost: lost)
        do {
            try page.file.append(
                try JSONLine.encode(record), isDurable: decision.changesOwnership,
                limit: limit.load(ordering: .relaxed))
            page.next = sequence + 1
            page.unwritten = 0
            guard page.isFailing else { return }
            page.isFailing = false
            Log.notice("The event log is written again", ("REPLICACTL_COUNT", "\(lost)"))
        } catch {
            page.unwritten = lost + 1
            total.add(1, ordering: .releasing)
            if page.isFailing { return }
            page.isFailing = true
            Log.error(
                "The event log cannot be written; decisions go on, and to the journal alone",
                ("REPLICACTL_DETAIL", "\(error)"))
        }
    }
}
