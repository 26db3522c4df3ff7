internal import CLinux
internal import Glibc
internal import SystemKit

/// Makes the host end of a guest's interface a port of a bridge, as Xen's `vif-bridge` does it, with system calls only.
enum BridgePort {
    /// The address of every host end: the highest one, so that a bridge never takes it for its own.
    private static let address: [UInt8] = [0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]

    /// Sets an interface up and puts it in a bridge.
    ///
    /// - Parameters:
    ///   - interface: The interface, fresh from the driver.
    ///   - givenName: The name that it shall have from now on; `nil` keeps it.
    ///   - bridge: The bridge.
    ///   - mtu: The bytes that a frame may carry; `nil` takes the bridge's.
    /// - Returns: The bytes that a frame was to carry.
    /// - Throws: ``SystemError`` that names the call and the interface; it may have its new name and no bridge then.
    static func connect(
        _ interface: String, as givenName: String? = nil, to bridge: String, mtu: Int32? = nil
    ) throws(SystemError) -> Int32 {
        let socket = FileDescriptor(owning: try done(rc_interface_socket(), "socket", interface))
        let number = socket.number
        try done(rc_interface_set_up(number, interface, 0), "SIOCSIFFLAGS", interface)
        var name = interface
        if let givenName, givenName != interface {
            try done(rc_interface_rename(number, interface, givenName), "SIOCSIFNAME", interface)
            name = givenName
        }
        try done(rc_interface_set_address(number, name, address), "SIOCSIFHWADDR", name)
        let bytes: Int32 =
            if let mtu { mtu } else { try done(rc_interface_mtu(number, bridge), "SIOCGIFMTU", bridge) }
        // Like the script: a driver that cannot do it is no reason to leave the guest without a network.
        _ = rc_interface_set_mtu(number, name, bytes)
        let added = rc_bridge_add_port(number, bridge, name)
        if added != -EBUSY || access("/sys/class/net/\(bridge)/brif/\(name)", F_OK) != 0 {
            try done(added, "SIOCBRADDIF \(bridge)", name)
        }
        try done(rc_interface_set_up(number, name, 1), "SIOCSIFFLAGS", name)
        return bytes
    }

    @discardableResult
    private static func done(_ result: Int32, _ call: String, _ interface: String) throws(SystemError) -> Int32 {
        guard result >= 0 else { throw SystemError(code: -result, call: "\(call) of \(interface)") }
        return result
    }
}
