import ReplicaModel

@testable import Heartbeat
@testable import ReplicaProtocol

/// Reads what one side is told.
extension TraceWords {
    mutating func primaryEvent(at now: MonotonicTime) throws -> PrimaryMachine.Event {
        switch try next() {
        case "barrier": return .barrier(try epoch())
        case "barrier-with-disks": return .barrier(try epoch(), wroteDisks: true)
        case "disk-barrier-placed": return .diskBarrierPlaced(try epoch())
        case "acknowledged": return .acknowledged(try epoch(), sentAt: try moment(try value(of: "sent")))
        case "connection-lost": return .connectionLost(try reason())
        case "replica-gone": return .replicaGone(try reason())
        case "peer-activated": return .peerActivated(try generation())
        case "stop-requested": return .stopRequested(try reason())
        case "switchover-requested": return .switchoverRequested(try reason())
        case "ordered": return .ordered
        case "report": return .report(try report(at: now))
        case "reports-lost": return .reportsLost
        case "witness-answered":
            let (number, answer) = try answer()
            return .witnessAnswered(number, answer)
        case "fenced": return .fenced(try number(try next()), true)
        case "fencing-failed": return .fenced(try number(try next()), false)
        case "tick": return .tick
        default: throw unreadable
        }
    }

    mutating func backupEvent(at now: MonotonicTime) throws -> BackupMachine.Event {
        switch try next() {
        case "heard": return .heard
        case "arriving": return .arriving(try epoch(), generation: Samples.generation)
        case "barrier": return .barrier(try epoch(), generation: Samples.generation)
        case "barrier-placed": return .barrierPlaced(try epoch())
        case "rolled-back": return .rolledBack
        case "verified": return .verified(try epoch(), generation: Samples.generation)
        case "connection-lost": return .connectionLost
        case "stopped": return .stopped(try reason())
        case "handed-over": return .handedOver(try generation())
        case "ordered": return .ordered
        case "report": return .report(try report(at: now))
        case "reports-lost": return .reportsLost
        case "lease-withdrawn": return .leaseWithdrawn(claimsSerial: try number(try value(of: "serial")))
        case "witness-answered":
            let (number, answer) = try answer()
            return .witnessAnswered(number, answer)
        case "fenced": return .fenced(try number(try next()), true)
        case "fencing-failed": return .fenced(try number(try next()), false)
        case "failed": return .failed(try reason())
        case "restored": return .restored
        case "activated": return .activated
        case "tick": return .tick
        default: throw unreadable
        }
    }

    // `VERDICT [made=T] [claim=ROLE/GENERATION/EPOCH] [heard=T] [echo=T] [serial=N] [stall=T] [lan=down]
    // [replication=down] [peer-lan=down]`; without `made` the report is of the moment at which it is heard.
    private mutating func report(at now: MonotonicTime) throws -> HeartbeatReport {
        var report =
            switch try next() {
            case "alive": Samples.report(.alive)
            case "suspect": Samples.report(.suspect(silent: PathSet()))
            case "dead": Samples.report(Samples.dead)
            case "unknown": Samples.report(.unknown)
            default: throw unreadable
            }
        report.time = now
        for (name, value) in try settings() { try set(name, value, &report) }
        return report
    }

    private func set(_ name: String, _ value: String, _ report: inout HeartbeatReport) throws {
        switch name {
        case "made": report.time = try moment(value)
        case "claim":
            guard report.peerClaims.append(try claim(value)) else { throw unreadable }
        case "heard": report.paths[0].lastHeard = try moment(value)
        case "echo": report.paths[0].lastEchoOfOurs = try moment(value)
        case "serial": report.claimsSerial = try number(value)
        case "stall": report.lateness.graceSince = try moment(value)
        case "lan" where value == "down": report.paths[0].localCarrier = false
        case "replication" where value == "down": report.paths[1].localCarrier = false
        case "peer-lan" where value == "down": report.peerCarriers.lan = false
        default: throw unreadable
        }
    }
}
