internal import ReplicaModel
internal import ReplicaProtocol

/// What must hold between keys; each broken rule is a problem at the key that is easiest to change.
enum ConfigurationChecks {
    /// What messages call the path of this place in the list.
    static func pathTitle(_ index: Int) -> String { "heartbeat.path[\(index + 1)]" }

    static func run(on configuration: Configuration, reader: inout ConfigurationReader) {
        checkHosts(configuration, &reader)
        checkTimes(configuration, &reader)
        checkPaths(configuration, &reader)
        checkOwnership(configuration, &reader)
    }

    private static func checkOwnership(_ configuration: Configuration, _ reader: inout ConfigurationReader) {
        let usesWitness = configuration.policy.ownership == .witness
        if usesWitness && configuration.witness.endpoints.isEmpty {
            reader.note(
                "policy.ownership is \"witness\", but witness.endpoints names none: name the etcd cluster's members",
                atKey: "policy.ownership")
        }
        if !usesWitness && !configuration.witness.endpoints.isEmpty {
            reader.note(
                "witness.endpoints names a witness, but policy.ownership is"
                    + " \"\(configuration.policy.ownership.rawValue)\": nobody would ask it", atKey: "witness.endpoints"
            )
        }
        let watchdog = UInt64(configuration.watchdog.timeoutSeconds)
        if watchdog == 1 {
            reader.note("watchdog.timeout_s is 1 and must be 0 or at least 2", atKey: "watchdog.timeout_s")
        }
        // A hung Dom0 is reset before its lease can be taken (safety rule 2).
        if watchdog * 1000 > configuration.heartbeat.lease.rawValue {
            reader.note(
                "watchdog.timeout_s is \(watchdog) and must be within heartbeat.lease_ms,"
                    + " \(configuration.heartbeat.lease.rawValue): raise the lease on both hosts, or set it to 0",
                atKey: "watchdog.timeout_s")
        }
        for option in configuration.fencing.options where !option.contains("=") {
            reader.note("fencing.options: \"\(option)\" is not name=value", atKey: "fencing.options")
        }
        if !configuration.fencing.agent.isEmpty && configuration.policy.ownership == .manual {
            reader.note(
                "fencing.agent is set, but with policy.ownership = \"manual\" nobody but an operator acts against the"
                    + " other host", atKey: "fencing.agent")
        }
    }

    private static func checkHosts(_ configuration: Configuration, _ reader: inout ConfigurationReader) {
        let peer = configuration.peer
        if !peer.name.isEmpty && peer.name == configuration.host.name {
            reader.note("peer.name and host.name are both \"\(peer.name)\": name two hosts", atKey: "peer.name")
        }
        if !peer.replicationAddress.isEmpty && peer.replicationAddress == configuration.listen.address {
            reader.note(
                "peer.replication_address and listen.address are both \(peer.replicationAddress): the first is the"
                    + " other host's, the second this host's", atKey: "peer.replication_address")
        }
    }

    private static func checkTimes(_ configuration: Configuration, _ reader: inout ConfigurationReader) {
        let heartbeat = configuration.heartbeat
        let interval = heartbeat.interval.rawValue
        let lease = heartbeat.lease.rawValue
        // A single lost heartbeat must not end the lease.
        if lease < 3 * interval {
            reader.note(
                "heartbeat.lease_ms is \(lease) and must be at least three times heartbeat.interval_ms, \(3 * interval)",
                atKey: "heartbeat.lease_ms")
        }
        // Safety rule 2: two clocks may differ by 5 % at most before two hosts could both be owner.
        if heartbeat.driftMargin.rawValue * 20 < lease {
            reader.note(
                "heartbeat.drift_margin_ms is \(heartbeat.driftMargin.rawValue) and must be at least a twentieth of"
                    + " heartbeat.lease_ms, \((lease + 19) / 20)", atKey: "heartbeat.drift_margin_ms")
        }
        let intervals =
            [("epoch", configuration.epoch.interval)]
            + configuration.domains.compactMap { name, domain in domain.interval.map { ("domain.\(name)", $0) } }
        let timeout = configuration.epoch.acknowledgeTimeout
        for (section, interval) in intervals.sorted(by: { $0.0 < $1.0 }) where timeout < interval {
            reader.note(
                "epoch.acknowledge_timeout_ms is \(timeout.rawValue) and must be at least \(section).interval_ms,"
                    + " \(interval.rawValue)", atKey: "epoch.acknowledge_timeout_ms")
        }
        let epoch = configuration.epoch
        if epoch.leastInterval > epoch.longestInterval {
            reader.note(
                "epoch.interval_min_ms is \(epoch.leastInterval.rawValue) and must be at most epoch.interval_max_ms,"
                    + " \(epoch.longestInterval.rawValue)", atKey: "epoch.interval_min_ms")
        }
        if epoch.earlyStandstillPercent > epoch.standstillPercent {
            reader.note(
                "epoch.early_standstill_percent is \(epoch.earlyStandstillPercent) and must be at most"
                    + " epoch.standstill_percent_max, \(epoch.standstillPercent)",
                atKey: "epoch.early_standstill_percent")
        }
        for (name, domain) in configuration.domains.sorted(by: { $0.key < $1.key })
        where domain.interval != nil && domain.outputLatency != nil {
            reader.note(
                "domain.\(name) has interval_ms and output_latency_p99_ms: the interval is fixed, or it follows from the"
                    + " budget", atKey: "domain.\(name).output_latency_p99_ms")
        }
        let announce = configuration.announce
        if announce.max < announce.initial {
            reader.note(
                "announce.max_ms is \(announce.max.rawValue) and must be at least announce.initial_ms,"
                    + " \(announce.initial.rawValue)", atKey: "announce.max_ms")
        }
    }

    private static func checkPaths(_ configuration: Configuration, _ reader: inout ConfigurationReader) {
        let paths = configuration.heartbeat.paths
        if paths.isEmpty {
            reader.note("there is no [[heartbeat.path]]: write at least one, better one on each network", at: .unknown)
        }
        if paths.count > Configuration.Heartbeats.pathLimit {
            reader.note(
                "there are \(paths.count) [[heartbeat.path]]: at most \(Configuration.Heartbeats.pathLimit) are allowed",
                atKey: "\(pathTitle(Configuration.Heartbeats.pathLimit)).name")
        }
        for (index, path) in paths.enumerated() {
            let title = pathTitle(index)
            if !path.name.isEmpty && paths[..<index].contains(where: { $0.name == path.name }) {
                reader.note("\(title).name \"\(path.name)\" is used by another path", atKey: "\(title).name")
            }
            guard !path.localAddress.isEmpty, !path.peerAddress.isEmpty else { continue }
            if addressFamily(path.localAddress) != addressFamily(path.peerAddress) {
                reader.note(
                    "\(title).local_address and peer_address must both be IPv4 or both be IPv6",
                    atKey: "\(title).peer_address")
            }
            if path.localAddress == path.peerAddress {
                reader.note(
                    "\(title).local_address and peer_address are both \(path.localAddress): one is each host's",
                    atKey: "\(title).peer_address")
            }
            if paths[..<index].contains(where: { $0.localAddress == path.localAddress && $0.port == path.port }) {
                reader.note(
                    "\(title).local_address and port are used by another path: two paths are two networks",
                    atKey: "\(title).local_address")
            }
        }
        let hasCarrier = paths.contains { $0.network == .lan && !$0.carrierInterface.isEmpty }
        if configuration.policy.moveWhenLanIsLost && !hasCarrier {
            reader.note(
                "policy.move_when_lan_is_lost is true, but no [[heartbeat.path]] with network = \"lan\" names a"
                    + " carrier_interface: name it, or set the policy to false", atKey: "policy.move_when_lan_is_lost")
        }
    }
}
