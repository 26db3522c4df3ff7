public import Pacing
internal import ReplicaModel

/// Everything that the operator can set, checked and typed; made of one TOML file by ``ConfigurationLoader``.
///
/// `docs/configuration.md` describes every key.
public struct Configuration: Equatable, Sendable {
    /// The file that it was read from; empty when it was not read from one.
    public var file = ""
    /// This host.
    public var host = Host()
    /// The other host.
    public var peer = Peer()
    /// Where this host takes replication connections.
    public var listen = Listen()
    /// The rhythm of the epochs.
    public var epoch = Epochs()
    /// Bounds of memory and of the first copy.
    public var memory = Memory()
    /// How pages are made small for the way to the backup.
    public var encoding = Encoding()
    /// The output that is held.
    public var output = Output()
    /// Mirrored disks.
    public var disk = Disks()
    /// The failure detector.
    public var heartbeat = Heartbeats()
    /// How a replica becomes the guest.
    public var takeover = Takeover()
    /// How a guest's new place is made known.
    public var announce = Announce()
    /// Who decides what.
    public var policy = Policy()
    /// The witness that decides who owns a domain.
    public var witness = WitnessAccess()
    /// How the other host is stopped for certain.
    public var fencing = FencingAgent()
    /// The hypervisor's watchdog.
    public var watchdog = Watchdog()
    /// Settings of single domains, by name.
    public var domains: [String: Domain] = [:]
    /// Where state is kept.
    public var storage = Storage()
    /// The control socket.
    public var control = Control()
    /// What is logged.
    public var log = Logging()

    /// Makes a configuration of defaults; one that the controller can use names a peer too.
    public init() {}

    /// What the epochs of one domain are paced by: what its own section says goes before what `[epoch]` says, and there a
    /// latency budget before the fixed interval.
    ///
    /// - Parameter domain: The domain's name.
    /// - Returns: Its interval or its latency budget.
    public func pacingGoal(of domain: String) -> PacingRules.Goal {
        if let section = domains[domain] {
            if let budget = section.outputLatency { return .latency(budget) }
            if let interval = section.interval { return .interval(interval) }
        }
        return epoch.outputLatency > 0 ? .latency(epoch.outputLatency) : .interval(epoch.interval)
    }

    /// The configured addresses of one domain, for announcing it after a failover; empty when none are configured.
    ///
    /// - Parameter domain: The domain's name.
    /// - Returns: Numeric IPv4 and IPv6 addresses.
    public func addresses(of domain: String) -> [String] { domains[domain]?.addresses ?? [] }
}
