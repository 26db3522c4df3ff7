/// A finished host image in the cache.
struct HostImage: Sendable {
    /// The hash of what the image was built from.
    let key: String
    /// The folder that holds it.
    let directory: String

    /// The root file system, shared read-only by both hosts.
    var disk: String { "\(directory)/base.raw" }
    var hypervisor: String { "\(directory)/xen" }
    var kernel: String { "\(directory)/vmlinuz" }
    var ramDisk: String { "\(directory)/initrd.img" }
}
