internal import Glibc
internal import SystemKit

/// A restored domain's device whose host end is still to be connected, in place of one of Xen's stock scripts.
public struct DeferredDevice: Equatable, Sendable {
    /// What is to be connected.
    public let kind: Kind
    /// The host end's home in xenstore.
    let path: String

    /// The kinds of host end.
    public enum Kind: Equatable, Sendable {
        /// A network interface to be put in a bridge and set up: ARP and multicast off, the address fe:ff:ff:ff:ff:ff,
        /// the bridge's MTU, as `vif-bridge` does.
        case interface(name: String, bridge: String)
        /// A block device, to be readable and writable before it is connected.
        case disk(device: String)
    }

    /// The script that stands for "to be connected".
    static let script = "/bin/true"
}

extension Hypervisor {
    /// The devices of a restored domain that wait to be connected.
    ///
    /// - Parameter domain: A domain that ``RestoreHelper/waitRestored(timeout:)`` gave.
    /// - Returns: First the disks, then the interfaces.
    /// - Throws: ``ToolstackError/xenStoreFailed(action:path:cause:)``.
    public func deferredDevices(of domain: DomainID) throws(ToolstackError) -> [DeferredDevice] {
        let store = try XenStore()
        var found: [DeferredDevice] = []
        for type in ["vbd", "vif"] {
            let home = "/local/domain/0/backend/\(type)/\(domain)"
            for number in try store.list(home) {
                let path = "\(home)/\(number)"
                guard try store.read(path + "/script") == DeferredDevice.script else { continue }
                if type == "vbd" {
                    found.append(
                        DeferredDevice(kind: .disk(device: try store.read(path + "/params") ?? ""), path: path))
                } else {
                    let kind = DeferredDevice.Kind.interface(
                        name: try store.read(path + "/vifname") ?? "vif\(domain).\(number)",
                        bridge: try store.read(path + "/bridge") ?? "")
                    found.append(DeferredDevice(kind: kind, path: path))
                }
            }
        }
        return found
    }

    /// Tells Xen's drivers that a device's host end is there, and names the stock script for the device's removal.
    ///
    /// - Parameter device: An interface that is in its bridge and up, or a disk whose block device can be opened.
    /// - Throws: ``ToolstackError/callFailed(action:domain:cause:)`` for a disk that is no block device, or
    ///   ``ToolstackError/xenStoreFailed(action:path:cause:)``.
    public func finish(_ device: DeferredDevice) throws(ToolstackError) {
        let store = try XenStore()
        switch device.kind {
        case .interface:
            try store.write(device.path + "/script", "/etc/xen/scripts/vif-bridge")
        case .disk(let file):
            let number = try Self.blockDeviceNumber(file)
            try store.write(device.path + "/physical-device-path", file)
            // This write is what makes the block driver open the device.
            try store.write(device.path + "/physical-device", number)
            try store.write(device.path + "/script", "/etc/xen/scripts/block")
        }
        try store.write(device.path + "/hotplug-status", "connected")
    }

    /// The two halves of Linux's device number, which lie in it in pieces.
    static func name(ofDevice number: UInt64) -> String {
        let major = number >> 8 & 0xFFF | number >> 32 & ~0xFFF
        let minor = number & 0xFF | number >> 12 & ~0xFF & 0xFFFF_FFFF
        return String(major, radix: 16) + ":" + String(minor, radix: 16)
    }

    /// The number of a block device, major and minor, as the block driver reads it.
    static func blockDeviceNumber(_ file: String) throws(ToolstackError) -> String {
        var status = stat()
        let action = "read the number of block device \(file)"
        guard stat(file, &status) == 0 else {
            throw .callFailed(action: action, domain: nil, cause: SystemError.last("stat"))
        }
        guard status.st_mode & S_IFMT == S_IFBLK else {
            throw .callFailed(action: action, domain: nil, cause: SystemError(code: ENOTBLK, call: "stat"))
        }
        return name(ofDevice: UInt64(status.st_rdev))
    }
}
