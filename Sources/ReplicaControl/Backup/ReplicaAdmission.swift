// Decides on the backup whether a replica can be made, and says every reason why not.

internal import CheckpointStream
internal import DiskMirror
internal import Glibc
internal import Heartbeat
internal import PageEncoding
internal import ReplicaModel
internal import ReplicaProtocol
internal import SystemKit
internal import XenToolstack

/// What stands in the way of a replica on this host.
struct ReplicaAdmission {
    /// The first obstacle's word, and all obstacles in words; `nil` when there is none.
    private(set) var refusal: (reason: ReasonCode, text: String, hint: String)?

    /// Memory that a replica's Xen structures and this host's own programs need beside the guest's own.
    private static let reserveBytes: UInt64 = 32 << 20

    /// Looks at a request.
    ///
    /// - Parameters:
    ///   - request: What the primary asks for.
    ///   - hypervisor: This host's hypervisor.
    ///   - generation: The generation that the primary claims.
    ///   - known: The newest generation on record here.
    ///   - stagingLimit: The bound of one checkpoint on this host, in bytes.
    ///   - cacheLimit: The bound of a domain's page caches on this host, in bytes.
    ///   - ownership: The rules by which this host decides who may go on alone.
    ///   - journalFolder: Where this host's takeovers keep their journals.
    /// - Throws: ``SessionFailure`` when the host cannot be looked at.
    init(
        _ request: Protect, hypervisor: Hypervisor, generation: Generation, known: Generation, stagingLimit: Int,
        cacheLimit: Int, ownership: String, journalFolder: String
    ) throws(SessionFailure) {
        do throws(ToolstackError) {
            try checkDomains(request, hypervisor)
            try checkHost(request, hypervisor)
        } catch { throw SessionFailure(.peerRefused, error.description) }
        if request.ownership != ownership {
            // Rules that differ let each host believe that it is the owner (safety rule 2).
            add(
                .ownershipDiffers,
                "who may go on alone is decided there by \(request.ownership) and here by \(ownership)",
                "set policy.ownership, [witness] cluster, whether there is a fencing.agent, and interval_ms, misses, lease_ms"
                    + " and drift_margin_ms of [heartbeat] alike on both hosts")
        }
        if !request.checkOnly,
            !HostDecisions.admits(generation, known: known, plantedFaults: PlantedFault.ofEnvironment)
        {
            add(
                .staleGeneration,
                "generation \(generation) of \(request.name) is not newer than \(known), which is on record here",
                "another host owned the domain since; look at `replicactl status` on both hosts")
        }
        for bridge in request.bridges where access("/sys/class/net/\(bridge)/bridge", F_OK) != 0 {
            add(.peerBridgeMissing, "there is no bridge \(bridge)", "make the bridge \(bridge) on the backup")
        }
        checkDisks(request, journalFolder)
        checkEncoding(request, cacheLimit)
        if request.maximumCheckpointBytes > UInt64(stagingLimit) {
            add(
                .peerMemoryShort,
                "checkpoints may have \(request.maximumCheckpointBytes >> 20) MiB, and staging here is bounded to "
                    + "\(stagingLimit >> 20) MiB", "set memory.staging_limit_mib alike on both hosts")
        }
    }

    private mutating func checkDisks(_ request: Protect, _ journalFolder: String) {
        let control = MirrorControl()
        for description in request.disks {
            do throws(MirrorError) {
                let disk = try GuestDisk(description, control)
                for words in try disk.obstacles(on: .backup, control, journalFolder: journalFolder) {
                    add(.diskMirrorUnsound, words, "")
                }
                if try MirrorDevice(path: description.path).minor != disk.minor {
                    add(
                        .diskMirrorUnsound,
                        "\(description.path) is not \(description.resource) here, which is \(disk.node)",
                        "give the resource the same device on both hosts, and the guest a path that both have")
                }
                if disk.description.bytes != description.bytes {
                    add(
                        .diskMirrorUnsound,
                        "\(description.resource) has \(disk.description.bytes) bytes here and \(description.bytes) there",
                        "let DRBD agree on one size (drbdadm resize)")
                }
            } catch { add(.diskMirrorUnsound, error.description, "see docs/disks.md") }
        }
    }

    /// The page caches are this host's memory, so it says how much of it a primary may have (safety rule 6).
    private mutating func checkEncoding(_ request: Protect, _ cacheLimit: Int) {
        guard let terms = request.encoding else { return }
        guard terms.cacheBytes <= UInt64(cacheLimit) else {
            return add(
                .peerMemoryShort,
                "the pages sent last are to be kept in \(terms.cacheBytes >> 20) MiB, and here that is bounded to "
                    + "\(cacheLimit >> 20) MiB", "set encoding.cache_mib alike on both hosts")
        }
        do throws(PageEncodingError) {
            let needed = UInt64(try ShardLayout(terms, highestFrame: request.highestFrame).memoryBytes)
            guard let available = HostMemory.available, available < needed else { return }
            add(
                .peerMemoryShort,
                "\(available >> 20) MiB of Dom0's memory are available, and the page caches need \(needed >> 20) MiB",
                "give Dom0 more memory, or lower encoding.cache_mib on both hosts")
        } catch { add(.peerRefused, error.description, "set encoding.scheme = \"none\" on the primary") }
    }

    private mutating func checkDomains(_ request: Protect, _ hypervisor: Hypervisor) throws(ToolstackError) {
        for domain in try hypervisor.domains() {
            if domain.identity == request.identity {
                add(
                    .peerNameTaken, "domain \(domain.id) here is the same domain (\(request.identity))",
                    "if it is a left-over that must not run, `xl destroy \(domain.id)` on the backup")
            } else if domain.name == request.name || domain.name == ReplicaName.of(request.name) {
                add(
                    .peerNameTaken, "another domain here is named \(domain.name ?? "")",
                    "rename or destroy domain \(domain.id) on the backup")
            }
        }
    }

    private mutating func checkHost(_ request: Protect, _ hypervisor: Hypervisor) throws(ToolstackError) {
        let host = try hypervisor.host()
        let needed = request.memoryBytes + Self.reserveBytes
        if host.freeMemoryBytes < needed {
            add(
                .peerMemoryShort,
                "\(host.freeMemoryBytes >> 20) MiB of memory are free, and \(needed >> 20) MiB are needed",
                "free memory on the backup, or lower its dom0_mem")
        }
        let policy = CPUPolicy(cpuidLeaves: request.cpuidPolicy, msrEntries: request.msrPolicy)
        for obstacle in try hypervisor.obstacles(to: policy) {
            add(
                .peerProcessorFeatures, "the processor here cannot show what the guest sees: \(obstacle)",
                "start the guest with a `cpuid` that both processors have")
        }
    }

    private mutating func add(_ reason: ReasonCode, _ text: String, _ hint: String) {
        guard let before = refusal else {
            refusal = (reason, text, hint)
            return
        }
        refusal = (before.reason, before.text + "; " + text, before.hint + "; " + hint)
    }
}
