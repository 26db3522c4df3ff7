import Glibc
import ReplicaModel
import Synchronization
import SystemKit
import TestSupport
import Testing

@testable import ReplicaControl

/// The domain of these tests.
let webIdentity = DomainIdentity(high: 0x6c3b_5b0e_5a0e_4b6e, low: 0x9d0a_0f6f_3b1f_2c11)

/// 2026-11-20T09:40:00Z, in nanoseconds.
let tapeBegin: UInt64 = 1_795_167_600_000_000_000

/// Events of one host, one after the other.
struct EventTape {
    let host: String
    private(set) var records: [EventRecord] = []
    private var run: UInt64 = 1
    /// Nanoseconds from the tape's begin to the boot, so that the two clocks differ.
    private var boot: UInt64 = 0

    init(_ host: String) { self.host = host }

    /// The moment so many milliseconds after the begin of the tape.
    func moment(_ milliseconds: UInt64) -> Moment {
        Moment(
            wall: tapeBegin + milliseconds * 1_000_000, monotonic: 5_000_000_000 + milliseconds * 1_000_000 - boot,
            run: run)
    }

    /// Adds an event; a controller that begins begins a run.
    mutating func add(_ milliseconds: UInt64, _ decision: Decision) {
        let sequence = UInt64(records.count + 1)
        if decision.role == .controller, decision.kind == .begin { run = sequence }
        records.append(EventRecord(decision, at: moment(milliseconds), sequence: sequence, host: host))
    }

    /// Adds the start of the controller.
    mutating func start(_ milliseconds: UInt64, peer: String) {
        add(
            milliseconds,
            Decision(
                kind: .begin, role: .controller, reason: .controllerStarted, detail: "replicactl 0.1.0", peer: peer))
    }

    /// Adds an event of the domain `web`.
    mutating func web(
        _ milliseconds: UInt64, _ role: Decision.Role, _ reason: ReasonCode, _ before: String, _ after: String,
        kind: Decision.Kind = .decision, generation: UInt64 = 3, epoch: UInt64 = 0, detail: String = "",
        takeover: TakeoverRecord? = nil
    ) {
        add(
            milliseconds,
            Decision(
                kind: kind, role: role, domain: webIdentity, name: "web", reason: reason,
                generation: Generation(rawValue: generation), epoch: Epoch(rawValue: epoch), before: before,
                after: after,
                detail: detail, takeover: takeover))
    }

    /// Adds something that the heartbeat saw.
    mutating func heartbeat(
        _ milliseconds: UInt64, _ reason: ReasonCode, _ before: String, _ after: String, _ detail: String = ""
    ) {
        add(
            milliseconds,
            Decision(role: .heartbeat, reason: reason, before: before, after: after, detail: detail))
    }
}

/// A decision of the domain `web` that changes nothing of importance.
func sampleDecision(_ detail: String = "") -> Decision {
    Decision(
        role: .primary, domain: webIdentity, name: "web", reason: .leaseExpired, generation: Generation(rawValue: 3),
        epoch: Epoch(rawValue: 412), before: "protected", after: "holding", detail: detail)
}

/// Files of an event log that a test writes by hand.
enum LogFile {
    static func line(_ sequence: UInt64, _ decision: Decision = sampleDecision()) throws -> String {
        let record = EventRecord(
            decision, at: Moment(wall: tapeBegin + sequence * 1_000_000, monotonic: sequence, run: 1),
            sequence: sequence, host: "xen1")
        return String(decoding: try JSONLine.encode(record), as: UTF8.self)
    }

    static func write(_ text: String, to path: String) throws {
        let file = FileDescriptor(
            owning: try retrying("open") { open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600) })
        try file.writeAll(text)
    }

    static func text(_ path: String) throws -> String {
        let file = FileDescriptor(owning: try retrying("open") { open(path, O_RDONLY | O_CLOEXEC) })
        return try file.readAllText()
    }
}

/// Waits for something that another thread does; half a minute is never reached unless it is broken.
func eventually(_ condition: () -> Bool) -> Bool {
    for _ in 0..<30_000 {
        if condition() { return true }
        Clock.sleep(milliseconds: 1)
    }
    return false
}
