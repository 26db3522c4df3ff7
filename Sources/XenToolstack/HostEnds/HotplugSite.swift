internal import CLinux
internal import Glibc
internal import SystemKit

/// What there is on this host that devices could be connected to without a script.
struct HotplugSite: Equatable, Sendable {
    /// Bridges whose frames do not go through the host's packet filter, for which a script would have to make rules.
    var plainBridges: Set<String>
    /// Paths of block devices.
    var blockDevices: Set<String>
    /// Whether the administrator has put hooks beside the stock script for interfaces.
    var hasInterfaceHooks: Bool

    /// Makes a description.
    init(plainBridges: Set<String> = [], blockDevices: Set<String> = [], hasInterfaceHooks: Bool = false) {
        self.plainBridges = plainBridges
        self.blockDevices = blockDevices
        self.hasInterfaceHooks = hasInterfaceHooks
    }

    /// Looks at the host.
    ///
    /// - Parameters:
    ///   - bridges: Names of bridges that may be there.
    ///   - paths: Paths of files and devices that may be there.
    ///   - root: The folder that stands for the host's own root in tests.
    init(lookingFor bridges: Set<String>, _ paths: Set<String>, root: String = "") {
        let filtersAll = Self.isOn("\(root)/proc/sys/net/bridge/bridge-nf-call-iptables")
        plainBridges = bridges.filter { name in
            let folder = "\(root)/sys/class/net/\(name)/bridge"
            return !name.isEmpty && !name.contains("/") && access(folder, F_OK) == 0 && !filtersAll
                && !Self.isOn(folder + "/nf_call_iptables")
        }
        blockDevices = paths.filter { path in
            var numbers: (UInt32, UInt32) = (0, 0)
            return path.hasPrefix("/") && rc_block_device_number(root + path, &numbers.0, &numbers.1) == 0
        }
        hasInterfaceHooks = Self.hasHooks("\(root)\(DirectDevices.scriptFolder)/vif-post.d")
    }

    private static func isOn(_ file: String) -> Bool {
        guard let bytes = try? FileDescriptor.contents(of: file, atMost: 16) else { return false }
        return bytes.first.map { $0 != UInt8(ascii: "0") } ?? false
    }

    private static func hasHooks(_ folder: String) -> Bool {
        guard let listing = opendir(folder) else { return false }
        defer { closedir(listing) }
        while let entry = readdir(listing) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(".hook") { return true }
        }
        return false
    }
}
