/// Every key there is, for the documentation, the tests and for telling what a reload has not changed.
enum ConfigurationReference {
    /// All keys, in the order of the documentation.
    static var keys: [ConfigurationKeyDescription] {
        descriptions(Configuration.Host.self) + descriptions(Configuration.Peer.self)
            + descriptions(Configuration.Listen.self) + descriptions(Configuration.Epochs.self)
            + descriptions(Configuration.Memory.self) + descriptions(Configuration.Encoding.self)
            + descriptions(Configuration.Output.self)
            + descriptions(Configuration.Disks.self)
            + descriptions(Configuration.Heartbeats.self) + descriptions(Configuration.Heartbeats.Path.self)
            + descriptions(Configuration.Takeover.self)
            + descriptions(Configuration.Announce.self) + descriptions(Configuration.Policy.self)
            + descriptions(Configuration.WitnessAccess.self) + descriptions(Configuration.FencingAgent.self)
            + descriptions(Configuration.Watchdog.self) + descriptions(Configuration.Domain.self)
            + descriptions(Configuration.Storage.self)
            + descriptions(Configuration.Control.self) + descriptions(Configuration.Logging.self)
    }

    /// The reference table, in Markdown.
    static var table: String {
        var lines = [
            "| key | unit | default | allowed | meaning | a change is followed |",
            "| --- | --- | --- | --- | --- | --- |",
        ]
        for key in keys {
            let standard = key.isRequired ? key.defaultText : "`\(key.defaultText)`"
            lines.append(
                "| `\(key.path)` | \(key.unit) | \(standard) | \(key.allowed) | \(key.meaning) | \(key.effect.rawValue) |"
            )
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func descriptions<Section: ConfigurationSection>(
        _ section: Section.Type
    ) -> [ConfigurationKeyDescription] { section.keys.map(\.description) }
}

extension Configuration {
    /// This configuration, with everything of another one that can be followed without a restart of the services.
    ///
    /// - Parameter other: What the file says now.
    /// - Returns: What is in force after a reload.
    public func following(_ other: Configuration) -> Configuration {
        var result = self
        result.epoch = other.epoch
        result.memory = other.memory
        result.encoding = other.encoding
        result.output = other.output
        result.disk = other.disk
        result.takeover = other.takeover
        result.announce = other.announce
        result.policy = other.policy
        // Who may own a domain does not change under a protection (safety rule 2).
        result.policy.ownership = policy.ownership
        result.domains = other.domains
        result.log = other.log
        return result
    }

    /// The keys that differ from another configuration and are followed only after a restart of the services.
    ///
    /// - Parameter other: The configuration that is in force.
    /// - Returns: Their paths, such as `listen.port`; empty when a reload is enough.
    public func changesNeedingRestart(from other: Configuration) -> [String] {
        var names = changes(from: other, followed: .restart)
        if heartbeat.paths != other.heartbeat.paths {
            // Where the other keys of the heartbeat are.
            let place = names.lastIndex { $0.hasPrefix(Heartbeats.title) || $0.hasPrefix(Listen.title) }
            names.insert(Heartbeats.Path.title, at: place.map { $0 + 1 } ?? 0)
        }
        return names
    }

    /// The keys that differ from another configuration and that running protections do not follow.
    ///
    /// - Parameter other: The configuration that was in force.
    /// - Returns: Their paths, such as `memory.staging_limit_mib`; empty when all is followed at once.
    public func changesNeedingProtection(from other: Configuration) -> [String] {
        let own = Set(domains.keys).union(other.domains.keys).sorted().flatMap { name in
            Domain.keys.filter {
                $0.description.effect == .protect
                    && !$0.isSame(domains[name] ?? Domain(), other.domains[name] ?? Domain())
            }
            .map { "domain.\(name).\($0.description.name)" }
        }
        return changes(from: other, followed: .protect) + own
    }

    private func changes(from other: Configuration, followed effect: ConfigurationEffect) -> [String] {
        func changes<Section: ConfigurationSection>(_ path: KeyPath<Configuration, Section>) -> [String] {
            Section.keys.filter {
                $0.description.effect == effect && !$0.isSame(self[keyPath: path], other[keyPath: path])
            }
            .map(\.description.path)
        }
        return changes(\.host) + changes(\.peer) + changes(\.listen) + changes(\.epoch) + changes(\.memory)
            + changes(\.encoding) + changes(\.output) + changes(\.disk) + changes(\.heartbeat) + changes(\.takeover)
            + changes(\.announce) + changes(\.policy) + changes(\.witness) + changes(\.fencing) + changes(\.watchdog)
            + changes(\.storage) + changes(\.control) + changes(\.log)
    }
}
