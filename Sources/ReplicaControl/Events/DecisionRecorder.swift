// The one way that a decision takes: to the journal, to the event log, and to the count of unprotected time.

internal import ReplicaModel
internal import Synchronization
internal import SystemKit
internal import Telemetry

/// Writes down what this host decides (safety rule 7); owned by the controller.
final class DecisionRecorder: Sendable {
    /// How much of an older log is read at the start, from its end, in bytes.
    static let historyLimit = 2_097_152

    private let log: EventLog
    private let clock: Mutex<ProtectionClock>

    /// Reads what an earlier controller wrote, and begins to write.
    ///
    /// - Parameters:
    ///   - directory: The state directory.
    ///   - host: This host's name.
    ///   - limitBytes: The size at which a new file is begun.
    /// - Throws: ``SystemKit/SystemError`` when no thread can be started; a log that cannot be read stops nothing.
    init(directory: String, host: String, limitBytes: Int) throws(SystemError) {
        var history = EventReading()
        do throws(SystemError) {
            history = try EventReading.read(directory, EventSelection(byteLimit: Self.historyLimit))
        } catch {
            Log.error("The event log of before cannot be read", ("REPLICACTL_DETAIL", error.description))
        }
        for note in history.notes { Log.warning("The event log has gaps", ("REPLICACTL_DETAIL", note)) }
        clock = Mutex(ProtectionClock(history.records))
        log = EventLog(
            directory: directory, host: host, first: history.newestSequence + 1, limitBytes: limitBytes)
        try log.start()
    }

    /// Writes a decision down, at once to the journal and soon to the event log; never waits for the log's disk.
    ///
    /// - Parameter decision: What was decided.
    func record(_ decision: Decision) {
        let now = self.now
        Log.write(decision.level, decision.message, decision.journalFields)
        clock.withLock { $0.take(decision, at: now) }
        log.append(decision, at: now)
    }

    /// How long a domain ran here with a backup and without one, so far.
    ///
    /// - Parameter domain: The domain's UUID.
    /// - Returns: `nil` when it never ran here under protection, as far as the log goes back.
    func protectionTime(of domain: String) -> ProtectionTime? {
        let now = self.now
        return clock.withLock { $0.time(of: domain, at: now) }
    }

    /// Follows a changed size limit.
    func setLimit(bytes: Int) { log.setLimit(bytes: bytes) }

    /// Waits until everything is written, at most two seconds.
    func stop() { log.stop() }

    private var now: Moment { Moment(wall: Clock.wall, monotonic: Clock.monotonic, run: log.run) }
}

extension Decision {
    /// How much it matters in the journal.
    fileprivate var level: LogLevel { kind == .failure ? .warning : .notice }

    /// The constant sentence of the journal's entry.
    fileprivate var message: StaticString {
        switch (kind, role) {
        case (.begin, .primary): "A protection begins"
        case (.begin, .backup): "A replica begins"
        case (.begin, .controller): "The controller is up"
        case (.begin, _): "A part of this host begins"
        case (.decision, .primary): "Decision on the primary"
        case (.decision, .backup): "Decision on the backup"
        case (.decision, .heartbeat): "The heartbeat sees a change"
        case (.decision, .controller): "Decision of the controller"
        case (.decision, .witness): "Decision with the witness"
        case (.decision, .fencing): "Decision on fencing"
        case (.decision, .operator): "An operator asks"
        case (.failure, .primary): "Protection met a failure"
        case (.failure, .backup): "The replica met a failure"
        case (.failure, .heartbeat): "The heartbeat met a failure"
        case (.failure, .controller): "The controller met a failure"
        case (.failure, .witness): "The witness met a failure"
        case (.failure, .fencing): "Fencing met a failure"
        case (.failure, .operator): "A request of an operator failed"
        case (.end, .primary): "A protection has ended"
        case (.end, .backup): "A replica has ended"
        case (.end, .controller): "The controller stops"
        case (.end, _): "A part of this host has ended"
        }
    }

    /// The values of the journal's entry.
    fileprivate var journalFields: [LogField] {
        var fields: [LogField] = []
        if !name.isEmpty { fields.append(("REPLICACTL_DOMAIN", name)) }
        fields.append(("REPLICACTL_REASON", reason.rawValue))
        if domain != nil {
            fields.append(("REPLICACTL_EPOCH", epoch.description))
            fields.append(("REPLICACTL_GENERATION", generation.description))
        }
        if !after.isEmpty { fields.append(("REPLICACTL_STATE", after)) }
        if !detail.isEmpty { fields.append(("REPLICACTL_DETAIL", detail)) }
        if !peer.isEmpty { fields.append(("REPLICACTL_PEER", peer)) }
        return fields
    }
}
