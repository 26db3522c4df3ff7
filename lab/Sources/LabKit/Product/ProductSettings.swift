/// The configuration of replicactl in the lab; its times are generous, because an emulated host can stand still.
struct ProductSettings: Sendable {
    /// From one epoch's start to the next one's, in milliseconds.
    var interval = 200
    /// How long the guest may take to suspend, in milliseconds.
    var suspendTimeout = 10_000
    /// How long the backup may take to acknowledge, in milliseconds.
    var acknowledgeTimeout = 10_000
    /// How long output may be released after the backup's last word, in milliseconds.
    var lease = 2000
    /// Who may go on alone.
    var ownership = "trust-paths"
    /// When a guest gets a replica again.
    var reprotect = "manual"
    /// Where the witness is; only with `ownership` "witness".
    var witnessEndpoints: [String] = []

    /// How long the backup may take to begin an undo log while the guest stands still, in milliseconds.
    var barrierTimeout = 1000
    /// The bound of a disk's undo log, in MiB.
    var undoLimit = 128
    /// In what pieces a disk's old content is kept, in KiB.
    var undoChunk = 16

    /// Whether a host must be stopped by the lab's ``PowerSwitch`` before the other acts alone.
    var fencesPeer = false
    /// Who connects the devices of a replica that becomes the guest.
    var hotplug = "direct"
    /// How long after the last heartbeat Xen resets a host, in seconds; 0 for never.
    var watchdogTimeout = 0

    /// The settings under which a witness decides, and protection comes back by itself.
    static let withWitness = ProductSettings(
        ownership: "witness", reprotect: "automatic", witnessEndpoints: [Lab.witnessEndpoint])

    /// The same for scenarios that stop a backup's controller in the middle of an epoch, which is long.
    static let withPatience = {
        var settings = withWitness
        settings.interval = 3000
        settings.acknowledgeTimeout = 60_000
        settings.barrierTimeout = 60_000
        return settings
    }()

    /// The configuration file of one host.
    ///
    /// - Parameter host: The host.
    /// - Returns: The file's text.
    func text(for host: HostName) -> String {
        """
        [host]
        name = "\(host)"
        [peer]
        name = "\(host.peer)"
        replication_address = "\(host.peer.address(on: .repl))"
        [listen]
        address = "\(host.address(on: .repl))"
        [epoch]
        interval_ms = \(interval)
        suspend_timeout_ms = \(suspendTimeout)
        acknowledge_timeout_ms = \(acknowledgeTimeout)
        [heartbeat]
        interval_ms = 200
        misses = 10
        lease_ms = \(lease)
        drift_margin_ms = \(lease / 10)
        [disk]
        barrier_timeout_ms = \(barrierTimeout)
        undo_limit_mib = \(undoLimit)
        undo_chunk_kib = \(undoChunk)
        [takeover]
        hotplug = "\(hotplug)"
        [policy]
        ownership = "\(ownership)"
        reprotect = "\(reprotect)"
        [witness]
        endpoints = [\(witnessEndpoints.map { "\"\($0)\"" }.joined(separator: ", "))]
        timeout_ms = 3000
        [fencing]
        agent = "\(fencesPeer ? PowerSwitch.agent : "")"
        options = ["plug=\(host.peer)"]
        timeout_ms = 120000
        [watchdog]
        timeout_s = \(watchdogTimeout)
        \(path("replication", .repl, "eth1", host))
        \(path("lan", .lan, "eth0", host))

        """
    }

    private func path(_ name: String, _ network: NetworkName, _ interface: String, _ host: HostName) -> String {
        """
        [[heartbeat.path]]
        name = "\(name)"
        network = "\(name)"
        local_address = "\(host.address(on: network))"
        peer_address = "\(host.peer.address(on: network))"
        carrier_interface = "\(interface)"
        """
    }
}
