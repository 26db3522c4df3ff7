import Glibc
import SystemKit
import TestSupport
import Testing

@testable import XenToolstack

/// What is found on a host, here a folder that stands for one.
@Suite struct HotplugSiteTests {
    private func folder(_ root: TemporaryDirectory, _ path: String) {
        var whole = root.path
        for name in path.split(separator: "/") {
            whole += "/" + name
            mkdir(whole, 0o755)
        }
    }

    private func file(_ root: TemporaryDirectory, _ path: String, _ text: String) throws {
        folder(root, path.split(separator: "/").dropLast().joined(separator: "/"))
        try DurableFile.replace("\(root.path)/\(path)", with: Array(text.utf8), mode: 0o644)
    }

    @Test func findsBridgesAndNothingElse() throws {
        let root = try TemporaryDirectory()
        folder(root, "sys/class/net/xenbr0/bridge")
        folder(root, "sys/class/net/eth0")
        let site = HotplugSite(lookingFor: ["xenbr0", "eth0", "none", "", "../net/xenbr0"], [], root: root.path)
        #expect(site == HotplugSite(plainBridges: ["xenbr0"]))
    }

    /// There the script would let the guest's frames through the packet filter.
    @Test func leavesBridgesOutThatAreFiltered() throws {
        let root = try TemporaryDirectory()
        try file(root, "sys/class/net/lan/bridge/nf_call_iptables", "0\n")
        try file(root, "sys/class/net/dmz/bridge/nf_call_iptables", "1\n")
        #expect(HotplugSite(lookingFor: ["lan", "dmz"], [], root: root.path).plainBridges == ["lan"])
        try file(root, "proc/sys/net/bridge/bridge-nf-call-iptables", "0\n")
        #expect(HotplugSite(lookingFor: ["lan", "dmz"], [], root: root.path).plainBridges == ["lan"])
        try file(root, "proc/sys/net/bridge/bridge-nf-call-iptables", "1\n")
        #expect(HotplugSite(lookingFor: ["lan", "dmz"], [], root: root.path).plainBridges.isEmpty)
    }

    @Test func findsHooks() throws {
        let root = try TemporaryDirectory()
        try file(root, "etc/xen/scripts/vif-post.d/README", "")
        #expect(!HotplugSite(lookingFor: [], [], root: root.path).hasInterfaceHooks)
        try file(root, "etc/xen/scripts/vif-post.d/flows.hook", "")
        #expect(HotplugSite(lookingFor: [], [], root: root.path).hasInterfaceHooks)
    }

    @Test func takesNoFileForABlockDevice() throws {
        let root = try TemporaryDirectory()
        try file(root, "srv/guest.img", "")
        #expect(HotplugSite(lookingFor: [], ["/srv/guest.img", "/none", "sda"], root: root.path).blockDevices.isEmpty)
    }

    @Test(.enabled(if: geteuid() == 0, "needs root"))
    func findsBlockDevicesOverLinks() throws {
        let root = try TemporaryDirectory()
        try #require(mknod("\(root.path)/drbd3", S_IFBLK | 0o600, dev_t(0x9303)) == 0)
        try #require(symlink("drbd3", "\(root.path)/data") == 0)
        #expect(HotplugSite(lookingFor: [], ["/drbd3", "/data"], root: root.path).blockDevices == ["/drbd3", "/data"])
        #expect(try BlockDeviceNumber.of("\(root.path)/data") == "93:3")
    }

    @Test func numbersBlockDevicesOnly() {
        #expect(throws: SystemError.self) { try BlockDeviceNumber.of("/dev/null") }
        #expect(throws: SystemError.self) { try BlockDeviceNumber.of("/nowhere") }
    }
}
