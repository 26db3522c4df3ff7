import Pacing
import ReplicaModel
@testable import ReplicaControl

/// States of a host as an operator may see them.
enum StatusExamples {
    /// Nothing is protected.
    static let idle = ControllerStatus(
        version: "0.1.0", host: "xen1", peer: PeerStatus(name: "xen2", verdict: .unknown),
        ownership: OwnershipStatus(rules: "safe-by-lease"), domains: [])

    /// A domain in each interesting state, with every field set somewhere.
    static let everything = ControllerStatus(
        version: "0.1.0", host: "xen1",
        peer: PeerStatus(
            name: "xen2", verdict: .alive, since: "2026-11-20T09:30:00.125Z",
            paths: [
                PathStatus(name: "replication", network: "replication", alive: true, lastHeardMilliseconds: 12),
                PathStatus(name: "lan", network: "lan", alive: false, carrier: false),
            ]),
        ownership: OwnershipStatus(
            rules: "witness in cluster replicactl with fencing", witnessReachable: false,
            witnessEndpoint: "https://192.0.2.21:2379", witnessRoundTripMicroseconds: 2_150,
            witnessFailure: "no answer in time", fenced: 1, fencingFailed: 2,
            problems: ["the fencing agent is not there"]),
        domains: [active, unprotected, backup, protected])

    private static let protected = DomainStatus(
        name: "web", uuid: "6c3b5b0e-5a0e-4b6e-9d0a-0f6f3b1f2c11", domid: 7, role: .primary, state: .protected,
        generation: 2, epoch: 412, since: "2026-11-20T09:41:07.000Z",
        lastEpoch: EpochRecord(
            epoch: 412, dirtyPages: 603, rawBytes: 2_480_128, bytes: 231_040, suspendMicroseconds: 4_100,
            captureMicroseconds: 6_020,
            resumeMicroseconds: 990, suspendedMicroseconds: 11_110, encodeMicroseconds: 2_000,
            sendMicroseconds: 3_000, acknowledgeMicroseconds: 9_049, releaseMicroseconds: 151, trigger: .output,
            outputLatencyMicroseconds: 24_300, processorPercent: 75),
        epochs: EpochSummary(
            count: 412, pages: 248_400, rawBytes: 1_017_446_400, bytes: 95_180_800, suspendedMillisecondsP50: 11.25,
            suspendedMillisecondsP99: 31, suspendedMillisecondsMax: 48.875, intervalMilliseconds: 103.5,
            outputLatencyMillisecondsP50: 24.5, outputLatencyMillisecondsP99: 73.25),
        pacing: PacingStatus(
            outputLatencyBudgetMilliseconds: 80, tuned: true, aimedMilliseconds: 48, trigger: .output,
            processorPercent: 75),
        output: OutputStatus(backlogBytes: 12_288, drops: 3),
        staging: StagingStatus(limitBytes: 268_435_456, peakBytes: 9_437_184),
        disks: [
            DiskStatus(resource: "web0", mirrored: true),
            DiskStatus(resource: "web1", mirrored: false, trouble: "WFConnection"),
        ],
        encoding: EncodingStatus(
            threads: 2, cacheBytes: 67_108_864, rawBytes: 1_152_385_024, encodedBytes: 112_207_104,
            sentBytes: 112_207_104,
            schemes: [
                ("zero", 9_124, 9_302), ("same", 31_020, 31_020), ("delta", 201_884, 21_401_733),
                ("sparse", 3_102, 402_133),
                ("lz4", 28_160, 68_220_415), ("deltaLZ4", 4_012, 5_120_833), ("duplicate", 1_202, 4_808),
                ("raw", 2_840, 17_016_860),
            ].map { EncodingStatus.Scheme(scheme: $0.0, pages: $0.1, bytes: $0.2) }))

    private static let unprotected = DomainStatus(
        name: "db", uuid: "0d9e0a52-8f7b-4a1d-8a44-3f1d5a2b7c90", domid: 8, role: .primary, state: .unprotected,
        generation: 1, epoch: 90, since: "2026-11-20T10:02:03.500Z",
        reason: StatusReason(.connectionLost, "the connection to xen2 was reset"),
        unprotectedSince: "2026-11-20T10:02:03.500Z",
        protectionTime: ProtectionTime(
            unprotectedMilliseconds: 95_400, protectedMilliseconds: 4_210_000, since: "2026-11-20T08:50:00.000Z"))

    private static let active: DomainStatus = {
        var takeover = TakeoverRecord(lastHeard: 1_795_167_717_042_000_000, decided: 1_795_167_717_500_000_000)
        takeover.assembled = 1_795_167_717_521_000_000
        takeover.restored = 1_795_167_717_530_250_000
        takeover.recorded = 1_795_167_717_541_000_000
        takeover.activated = 1_795_167_717_560_500_000
        takeover.announced = 1_795_167_717_561_000_000
        return DomainStatus(
            name: "cache", uuid: "5d2f8f2e-77aa-4c55-8c1e-2b9b4b7f0e01", domid: 12, role: .backup, state: .active,
            generation: 4, epoch: 5_012, since: "2026-11-20T09:41:57.560Z",
            reason: StatusReason(.primaryDead, "xen2 is dead and its lease has run out"), takeover: takeover)
    }()

    private static let backup = DomainStatus(
        name: "mail", uuid: "f2b3c4d5-0001-4002-8003-000000000004", role: .backup, state: .armed, generation: 1,
        epoch: 77, since: "2026-11-20T09:59:59.999Z",
        staging: StagingStatus(limitBytes: 268_435_456, peakBytes: 4_194_304),
        disks: [DiskStatus(resource: "mail0")])
}
