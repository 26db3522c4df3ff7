/// A DRBD resource between the hosts, for a guest's disk: data and external metadata each have a disk of their own.
public enum MirroredDisk: String, CaseIterable, Sendable, CustomStringConvertible {
    /// The guest's first disk.
    case first = "r0"
    /// The guest's second disk.
    case second = "r1"

    /// A disk of a host that the resource consists of.
    enum Part: String, CaseIterable {
        case data
        case metadata

        /// The disk's size, as qemu-img takes it; only what was written takes space.
        var size: String { self == .data ? "256M" : "8M" }
    }

    /// The first few, as many as there are.
    static func first(_ count: Int) -> [MirroredDisk] { Array(allCases.prefix(count)) }

    /// The resource's name.
    public var description: String { rawValue }

    /// The minor number of its device.
    var minor: Int { self == .first ? 0 : 1 }

    /// Its device on both hosts.
    public var device: String { "/dev/drbd\(minor)" }

    /// What a guest calls it.
    public var guestDevice: String { self == .first ? "xvda" : "xvdb" }

    /// It as a guest's disk, as xl writes it.
    public var specification: String { "phy:\(device),\(guestDevice),w" }

    /// A host's disk that the data or the metadata is on; `/dev/vda` is the host's own.
    func disk(_ part: Part) -> String {
        switch (self, part) {
        case (.first, .data): "/dev/vdb"
        case (.first, .metadata): "/dev/vdc"
        case (.second, .data): "/dev/vdd"
        case (.second, .metadata): "/dev/vde"
        }
    }

    /// The file with the resource's configuration.
    var configurationFile: String { "/etc/drbd.d/\(rawValue).res" }

    /// The resource's configuration, the same on both hosts.
    ///
    /// The hosts are slow and stand still now and then: a ping may take seconds. Resync and verify run at a fixed rate,
    /// which they never reach, because the controller of the rate begins with minutes of caution.
    var configuration: String {
        let hosts = HostName.allCases.map { host in
            "    on \(host) { address \(host.address(on: .repl)):\(7789 + minor); }\n"
        }
        return """
            resource \(rawValue) {
                device \(device);
                disk \(disk(.data));
                meta-disk \(disk(.metadata));
                net {
                    protocol C;
                    timeout 60;
                    ping-timeout 50;
                    cram-hmac-alg sha1;
                    shared-secret "replicactl-lab";
                    verify-alg crc32c;
                }
                disk { c-plan-ahead 0; resync-rate 400M; c-min-rate 0; }
            \(hosts.joined())}

            """
    }
}
