internal import ReplicaModel

/// The keys of one pair of hosts in etcd.
enum WitnessKeys {
    /// Where a domain's record is.
    static func domain(_ domain: DomainIdentity, cluster: String) -> String {
        "/replicactl/\(cluster)/domains/\(domain)"
    }

    /// What a host's lease keeps alive.
    static func host(_ host: String, cluster: String) -> String { "/replicactl/\(cluster)/hosts/\(host)" }
}
