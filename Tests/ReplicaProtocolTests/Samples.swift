import Heartbeat
import ReplicaModel
import Witness

@testable import ReplicaProtocol

/// A moment, in milliseconds of a host's clock.
func time(_ milliseconds: UInt64) -> MonotonicTime { MonotonicTime(nanoseconds: milliseconds * 1_000_000) }

/// One pair, one domain and its reports, for all tests of the decisions.
enum Samples {
    static let domain = DomainIdentity(high: 1, low: 2)
    /// The pair as the primary sees it; generation 5 runs there.
    static let primaryHosts = HostPair(own: "xen1", peer: "xen2")
    static let backupHosts = HostPair(own: "xen2", peer: "xen1")
    static let generation = Generation(rawValue: 5)
    static let terms = LeaseTerms(duration: 400, driftMargin: 50)
    static let trustPaths = OwnershipRules(policy: .trustPaths)

    /// What the witness has while the replica is armed, after the primary kept the domain, and after the takeover.
    static let enrolled = WitnessRecord(owner: "xen1", generation: generation, replica: "xen2")
    static let kept = WitnessRecord(owner: "xen1", generation: generation, replica: nil)
    static let taken = WitnessRecord(owner: "xen2", generation: generation.next, replica: nil)

    /// The number of the backup's first look at the primary's entry.
    static let firstLook: UInt64 = 1 << 62 | 1

    static let timedOut = WitnessAnswer.failed(WitnessFailure(kind: .timedOut, text: "no answer in time"))
    static let unreachable = WitnessAnswer.failed(WitnessFailure(kind: .unreachable, text: "no connection"))

    static func claim(_ role: ClaimRole, _ generation: UInt64 = 5, epoch: UInt64 = 0) -> DomainClaim {
        DomainClaim(
            domain: domain, role: role, generation: Generation(rawValue: generation), epoch: Epoch(rawValue: epoch))
    }

    /// A report of a host with a LAN and a replication port, both with a carrier, as both of the peer's.
    static func report(_ verdict: PeerVerdict, _ claim: DomainClaim? = nil) -> HeartbeatReport {
        let lan = HeartbeatPath(
            name: "lan", network: .lan, localAddress: "192.0.2.1", peerAddress: "192.0.2.2", port: 7789,
            carrierInterface: "eth0")
        var replication = lan
        replication.name = "replication"
        replication.network = .replication
        var report = HeartbeatReport(time: time(0), paths: [lan, replication])
        report.verdict = verdict
        report.peerControllerConnected = true
        report.peerCarriers.lan = true
        for index in report.paths.indices { report.paths[index].localCarrier = true }
        if let claim { _ = report.peerClaims.append(claim) }
        return report
    }

    static let dead = PeerVerdict.dead(since: time(0))
}

extension HeartbeatReport {
    /// The same report, made at this moment.
    func made(at moment: MonotonicTime) -> HeartbeatReport {
        var report = self
        report.time = moment
        return report
    }
}

extension PrimaryMachine {
    /// Tells the machine something, and writes to disk what it asks for.
    mutating func obey(_ event: Event, at moment: UInt64, diskIsFull: Bool = false) -> [Action] {
        var actions = handle(event, at: time(moment))
        for case .persist(let role, _) in actions {
            actions += handle(.persisted(role, !diskIsFull), at: time(moment))
        }
        return actions
    }

    /// Shows the machine a report that was just made.
    mutating func look(_ report: HeartbeatReport, at moment: UInt64) -> [Action] {
        obey(.report(report.made(at: time(moment))), at: moment)
    }
}

extension BackupMachine {
    /// Tells the machine something, and writes to disk what it asks for.
    mutating func obey(_ event: Event, at moment: UInt64, diskIsFull: Bool = false) -> [Action] {
        var actions = handle(event, at: time(moment))
        for case .persist(let role, _, _) in actions {
            actions += handle(.persisted(role, !diskIsFull), at: time(moment))
        }
        return actions
    }

    /// Shows the machine a report that was just made.
    mutating func look(_ report: HeartbeatReport, at moment: UInt64) -> [Action] {
        obey(.report(report.made(at: time(moment))), at: moment)
    }
}
