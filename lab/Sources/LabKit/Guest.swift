/// The ways in which Xen runs a guest.
public enum GuestType: String, CaseIterable, Sendable {
    /// Hardware virtualisation without emulated devices.
    case pvh
    /// Paravirtualisation.
    case pv
    /// Hardware virtualisation with a device model.
    case hvm
}

/// What a guest is to be.
public struct GuestSpecification: Sendable {
    /// The domain's name: lower-case letters, digits and hyphens.
    public var name: String
    /// The host to create it on.
    public var host: HostName = .xen1
    /// The way in which Xen runs it.
    public var type: GuestType = .pvh
    /// Its memory in MiB.
    public var memory = 128
    /// Its number of vCPUs.
    public var vcpus = 1
    /// Its disks, as xl writes them: `phy:/dev/drbd0,xvda,w`; with any, it boots the image that can use them.
    public var disks: [String] = []
    /// The size of its self-checking memory region in MiB.
    public var region = 32
    /// Whether it boots the image with the loads of benchmarks.
    var hasLoads = false

    /// Describes a PVH guest with one vCPU, 128 MiB and no disk on xen1.
    ///
    /// - Parameter name: The domain's name.
    public init(name: String) {
        self.name = name
    }
}

/// A guest's place on the networks.
///
/// It stays the same while the guest exists, on whichever host.
public struct Guest: Sendable {
    /// The domain's name.
    public let name: String
    /// The guest's number, from 50; it ends all its addresses.
    public let number: Int

    /// Its IPv4 address.
    public var address: String { "10.77.0.\(number)" }
    /// Its IPv6 address.
    public var address6: String { "fd77::\(number)" }
    /// Its MAC address.
    public var macAddress: String { "00:16:3e:77:00:\(String(number, radix: 16))" }
}
