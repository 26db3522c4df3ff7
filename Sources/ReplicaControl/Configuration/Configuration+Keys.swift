internal import ReplicaModel
internal import ReplicaProtocol

extension Configuration.Host: ConfigurationSection {
    static let title = "host"
    static let keys: [ConfigurationKey<Self>] = [
        .init("name", \.name, .hostName, "this host's name; \"\" stands for the system's host name", effect: .restart)
    ]
}

extension Configuration.Peer: ConfigurationSection {
    static let title = "peer"
    static let keys: [ConfigurationKey<Self>] = [
        .init(
            "name", \.name, .name, "the other host's name, as its own `host.name`", effect: .restart, isRequired: true),
        .init(
            "replication_address", \.replicationAddress, .hostOrAddress,
            "the other host's address on the replication network", effect: .restart, isRequired: true),
        .init("port", \.port, .integer(1...65_535), "the TCP port of the other host's controller", effect: .restart),
    ]
}

extension Configuration.Listen: ConfigurationSection {
    static let title = "listen"
    static let keys: [ConfigurationKey<Self>] = [
        .init(
            "address", \.address, .address, "this host's address on the replication network", effect: .restart,
            isRequired: true),
        .init("port", \.port, .integer(1...65_535), "the TCP port of this controller", effect: .restart),
    ]
}

extension Configuration.Epochs: ConfigurationSection {
    static let title = "epoch"
    static let keys: [ConfigurationKey<Self>] = [
        .init(
            "interval_ms", \.interval, .milliseconds(PacingLimits.interval),
            "from one epoch's start to the next one's; also how long output may wait", effect: .live),
        .init(
            "output_latency_p99_ms", \.outputLatency, .millisecondsOrNone(PacingLimits.outputLatency),
            "how long 99 of 100 frames may be held: the interval follows from it, in place of `interval_ms`; 0 for none",
            effect: .live),
        .init(
            "interval_min_ms", \.leastInterval, .milliseconds(PacingLimits.interval),
            "with `output_latency_p99_ms`, the least time from one epoch's start to the next one's", effect: .live),
        .init(
            "interval_max_ms", \.longestInterval, .milliseconds(PacingLimits.interval),
            "the longest epoch: of a guest with nothing to say, and the longest that a slow link or backup makes one"
                + " before the guest is throttled, which it is also when a checkpoint takes longer than half of"
                + " `acknowledge_timeout_ms`",
            effect: .live),
        .init(
            "early_standstill_percent", \.earlyStandstillPercent, .integer(0...50, unit: "percent"),
            "with `output_latency_p99_ms`, the share of its time that the guest may stand still for epochs that begin at"
                + " once because output waits; 0 for none",
            effect: .live),
        .init(
            "standstill_percent_max", \.standstillPercent, .integer(5...90, unit: "percent"),
            "with `output_latency_p99_ms`, the share of its time that the guest may stand still at all; the budget is"
                + " exceeded rather than this",
            effect: .live),
        .init(
            "throttle_percent_min", \.throttleFloorPercent, .integer(10...100, unit: "percent"),
            "the share of its processor time that a guest keeps which writes faster than the link or the backup can take;"
                + " 100 for no throttling",
            effect: .live),
        .init(
            "overload_patience_ms", \.overloadPatience, .milliseconds(1_000...600_000),
            "how long the strongest throttling may be too weak before the protection ends", effect: .live),
        .init(
            "suspend_timeout_ms", \.suspendTimeout, .milliseconds(100...60_000),
            "how long the guest may take to suspend before protection is given up", effect: .live),
        .init(
            "acknowledge_timeout_ms", \.acknowledgeTimeout, .milliseconds(100...60_000),
            "how long the backup may take to acknowledge before it counts as lost", effect: .live),
    ]
}

extension Configuration.Memory: ConfigurationSection {
    static let title = "memory"
    static let keys: [ConfigurationKey<Self>] = [
        .init(
            "staging_limit_mib", \.stagingLimitMebibytes, .integer(16...65_536, unit: "MiB"),
            "captured or received pages that may wait, a domain", effect: .protect),
        .init(
            "initial_copy_rounds_max", \.initialCopyRoundsMax, .integer(1...64, unit: "rounds"),
            "rounds of the first copy before the guest is suspended for the last one", effect: .protect),
        .init(
            "initial_copy_dirty_pages_target", \.initialCopyDirtyPagesTarget, .integer(0...1_048_576, unit: "pages"),
            "dirty pages at which the first copy goes into its last round early", effect: .protect),
    ]
}

extension Configuration.Encoding: ConfigurationSection {
    static let title = "encoding"
    static let keys: [ConfigurationKey<Self>] = [
        .init(
            "scheme", \.scheme, .choice,
            "how pages are sent: each in the way that pays (docs/page-encoding.md), the same without LZ4, with zstd over many at once, or as they are",
            effect: .protect),
        .init(
            "cache_mib", \.cacheMebibytes, .integer(0...65_536, unit: "MiB"),
            "pages sent last that each host keeps of a domain, so that only what changed is sent; 0 for none. On the backup:"
                + " the most that it grants", effect: .protect),
        .init(
            "threads", \.threads, .integer(1...16, unit: "threads"),
            "threads of the primary that encode the pages of one domain, while others are being sent",
            effect: .protect),
    ]
}

extension Configuration.Output: ConfigurationSection {
    static let title = "output"
    static let keys: [ConfigurationKey<Self>] = [
        .init(
            "limit_mib", \.limitMebibytes, .integer(1...4_096, unit: "MiB"),
            "frames that may be held, an interface; further ones are dropped", effect: .protect)
    ]
}

extension Configuration.Disks: ConfigurationSection {
    static let title = "disk"
    static let keys: [ConfigurationKey<Self>] = [
        .init(
            "barrier_timeout_ms", \.barrierTimeout, .milliseconds(50...60_000),
            "how long the backup may take to begin an undo log while the guest stands still", effect: .live),
        .init(
            "mirror_patience_ms", \.mirrorPatience, .milliseconds(100...600_000),
            "how long DRBD may be without its peer, with the guest's writes held, before the protection ends",
            effect: .live),
        .init(
            "undo_limit_mib", \.undoLimitMebibytes, .integer(4...65_536, unit: "MiB"),
            "memory of the backup for what one disk overwrites in an epoch, three times a disk", effect: .protect),
        .init(
            "undo_chunk_kib", \.undoChunkKibibytes, .powerOfTwo(4...64, unit: "KiB"),
            "pieces in which a disk's old content is saved: large ones for long writes, small ones for scattered writes",
            effect: .protect),
    ]
}

extension Configuration.Heartbeats: ConfigurationSection {
    static let title = "heartbeat"
    static let keys: [ConfigurationKey<Self>] = [
        .init("interval_ms", \.interval, .milliseconds(10...1_000), "from one heartbeat to the next", effect: .restart),
        .init(
            "misses", \.misses, .integer(3...100, unit: "heartbeats"),
            "heartbeats missing on every path before the peer counts as dead", effect: .restart),
        .init(
            "lease_ms", \.lease, .milliseconds(30...60_000),
            "how long the primary may release output after the backup's last word", effect: .restart),
        .init(
            "drift_margin_ms", \.driftMargin, .milliseconds(2...60_000),
            "what the backup waits beyond the lease, for clocks that do not run alike", effect: .restart),
        .init(
            "key_file", \.keyFile, .absolutePath(maximumBytes: 4_095),
            "the key that both hosts share, as `replicactl keygen` makes it; root's, mode 0600", effect: .restart),
        .init(
            "realtime_priority", \.realtimePriority, .integer(1...99),
            "the `SCHED_FIFO` priority of the detector's thread", effect: .restart),
        .init(
            "socket", \.socket, .absolutePath(maximumBytes: 107),
            "where the controller reaches the heartbeat service of its own host", effect: .restart),
    ]
}

extension Configuration.Heartbeats.Path: ConfigurationSection {
    static let title = "heartbeat.path"
    static let keys: [ConfigurationKey<Self>] = [
        .init("name", \.name, .pathName, "a name for logs and `status`", effect: .restart, isRequired: true),
        .init(
            "network", \.network, .choice, "which network this is: the guests' or the replication one",
            effect: .restart,
            isRequired: true),
        .init(
            "local_address", \.localAddress, .address, "this host's address on it", effect: .restart, isRequired: true),
        .init("peer_address", \.peerAddress, .address, "the peer's address on it", effect: .restart, isRequired: true),
        .init("port", \.port, .integer(1...65_535), "the UDP port, the same on both hosts", effect: .restart),
        .init(
            "carrier_interface", \.carrierInterface, .interface,
            "the interface whose carrier says whether the cable is in; \"\" for none", effect: .restart),
    ]
}

extension Configuration.Takeover: ConfigurationSection {
    static let title = "takeover"
    static let keys: [ConfigurationKey<Self>] = [
        .init(
            "hotplug", \.hotplug, .choice,
            "who connects the guest's interfaces and disks: the controller, or Xen's slow scripts (for changed ones)",
            effect: .protect)
    ]
}

extension Configuration.Announce: ConfigurationSection {
    static let title = "announce"
    static let keys: [ConfigurationKey<Self>] = [
        .init("rounds", \.rounds, .integer(1...60), "how many times a new place is announced", effect: .live),
        .init("initial_ms", \.initial, .milliseconds(1...10_000), "the wait before the second round", effect: .live),
        .init("step_ms", \.step, .milliseconds(0...10_000), "by how much each wait grows", effect: .live),
        .init("max_ms", \.max, .milliseconds(1...60_000), "the longest wait between rounds", effect: .live),
        .init(
            "late_batch_ms", \.lateBatch, .milliseconds(0...60_000),
            "when a late batch goes out, counted from the first round; 0 for none", effect: .live),
        .init("late_rounds", \.lateRounds, .integer(1...60), "how many times the late batch announces", effect: .live),
    ]
}

extension Configuration.Policy: ConfigurationSection {
    static let title = "policy"
    static let keys: [ConfigurationKey<Self>] = [
        .init(
            "move_when_lan_is_lost", \.moveWhenLanIsLost, .boolean,
            "whether guests move to the backup when the primary's guest network loses its carrier", effect: .live),
        .init(
            "carrier_delay_ms", \.carrierDelay, .milliseconds(0...60_000),
            "how long a carrier must be away before it counts as lost", effect: .live),
        .init(
            "ownership", \.ownership, .choice,
            "who may go on alone when the hosts do not hear each other (docs/ownership.md); the same on both hosts",
            effect: .restart),
        .init(
            "retry_ms", \.retryDelay, .milliseconds(100...60_000),
            "the wait after a question to the witness without an answer, and at least after fencing that failed",
            effect: .live),
        .init(
            "reprotect", \.reprotect, .choice, "when a domain that lost its replica gets a new one", effect: .live),
        .init(
            "reprotect_delay_ms", \.reprotectDelay, .milliseconds(0...86_400_000),
            "how long the other host must have been back, with `reprotect = \"delayed\"`", effect: .live),
        .init(
            "peer_controller_patience_ms", \.peerControllerPatience, .milliseconds(1_000...600_000),
            "how long the backup's controller may be away, on a host that is there, before its replica counts as gone",
            effect: .live),
    ]
}

extension Configuration.WitnessAccess: ConfigurationSection {
    static let title = "witness"
    static let keys: [ConfigurationKey<Self>] = [
        .init(
            "endpoints", \.endpoints, .strings("URLs of the members of one etcd cluster", atMost: 9),
            "the etcd cluster's members, http or https", effect: .restart),
        .init("cluster", \.cluster, .name, "the pair's name at the witness, the same on both hosts", effect: .restart),
        .init(
            "authority_file", \.authorityFile, .optionalPath,
            "for https: certificates (PEM) of the authorities that vouch for the witness", effect: .restart),
        .init(
            "certificate_file", \.certificateFile, .optionalPath, "for https: this host's certificate (PEM)",
            effect: .restart),
        .init("key_file", \.keyFile, .optionalPath, "for https: the certificate's key (PEM)", effect: .restart),
        .init("timeout_ms", \.timeout, .milliseconds(100...60_000), "how long a question may take", effect: .restart),
        .init(
            "head_start_ms", \.headStart, .milliseconds(0...60_000),
            "how much longer the backup waits before it asks: a primary that is alive comes first",
            effect: .restart),
        .init(
            "presence_s", \.presenceSeconds, .integer(2...3600, unit: "s"),
            "how long this host counts as present at the witness after its last word; for display only",
            effect: .restart),
    ]
}

extension Configuration.FencingAgent: ConfigurationSection {
    static let title = "fencing"
    static let keys: [ConfigurationKey<Self>] = [
        .init(
            "agent", \.agent, .optionalPath, "a fence-agents command that stops the other host; its result decides",
            effect: .restart),
        .init(
            "options", \.options, .strings("options, each `name=value`", atMost: 64),
            "the agent's options, given to it on its standard input", effect: .restart),
        .init("action", \.action, .choice, "what the agent is told to do", effect: .restart),
        .init(
            "timeout_ms", \.timeout, .milliseconds(1_000...600_000),
            "how long the agent may take before it is ended and counts as failed", effect: .restart),
        .init(
            "delay_ms", \.delay, .milliseconds(0...600_000),
            "how much longer the backup waits before it fences, without a witness: more than the primary's agent takes",
            effect: .restart),
        .init(
            "verify", \.verify, .boolean,
            "whether the agent is asked afterwards for the host's state, and only that is believed", effect: .restart),
    ]
}

extension Configuration.Watchdog: ConfigurationSection {
    static let title = "watchdog"
    static let keys: [ConfigurationKey<Self>] = [
        .init(
            "timeout_s", \.timeoutSeconds, .integer(0...3600, unit: "s"),
            "Xen resets this host so long after the heartbeat's last beat; 0 for no watchdog, else at least 2",
            effect: .restart)
    ]
}

extension Configuration.Domain: ConfigurationSection {
    static let title = "domain.NAME"
    static let keys: [ConfigurationKey<Self>] = [
        .init(
            "interval_ms", \.interval, .optionalMilliseconds(PacingLimits.interval),
            "this domain's epoch interval, in place of what `[epoch]` says", effect: .live),
        .init(
            "output_latency_p99_ms", \.outputLatency, .optionalMilliseconds(PacingLimits.outputLatency),
            "this domain's latency budget, in place of what `[epoch]` says", effect: .live),
        .init(
            "addresses", \.addresses, .addresses,
            "the guest's addresses, announced after a failover; learned from its traffic when empty", effect: .protect),
    ]
}

extension Configuration.Storage: ConfigurationSection {
    static let title = "storage"
    static let keys: [ConfigurationKey<Self>] = [
        .init(
            "state_directory", \.stateDirectory, .absolutePath(maximumBytes: 1_024),
            "where generations and running protections are recorded", effect: .restart)
    ]
}

extension Configuration.Control: ConfigurationSection {
    static let title = "control"
    static let keys: [ConfigurationKey<Self>] = [
        .init(
            "socket", \.socket, .absolutePath(maximumBytes: 107), "the control socket, for root only", effect: .restart)
    ]
}

extension Configuration.Logging: ConfigurationSection {
    static let title = "log"
    static let keys: [ConfigurationKey<Self>] = [
        .init("level", \.level, .choice, "the least serious messages that are written", effect: .live),
        .init(
            "event_log_limit_mib", \.eventLogLimitMebibytes, .integer(1...1_024, unit: "MiB"),
            "the size at which the event log begins a new file; one older file is kept", effect: .live),
    ]
}
