/// The host end of one of a guest's devices in xenstore: where it is, and what is written there when it is connected.
struct HostEnd: Equatable, Sendable {
    /// A node and its text.
    struct Entry: Equatable, Sendable {
        let path: String
        let text: String
    }

    /// The kinds of device, with xenstore's words.
    enum Kind: String, Sendable {
        case interface = "vif"
        case disk = "vbd"
    }

    /// The kind of device.
    let kind: Kind
    /// The guest.
    let domain: DomainID
    /// The device's number in the guest, as xenstore writes it.
    let number: String

    /// What libxl's own environment for a script calls it.
    var scriptPath: String { "backend/\(kind.rawValue)/\(domain)/\(number)" }
    /// The host end's home.
    var path: String { "\(DomainID.control.path)/\(scriptPath)" }
    /// The guest's end.
    private var front: String { "\(domain.path)/device/\(kind.rawValue)/\(number)" }
    /// Libxl's copy of the host end's nodes.
    private var books: String { "/libxl/\(domain)/device/\(kind.rawValue)/\(number)" }

    /// Names the stock script again, which then undoes at the device's end what it would have done at its beginning.
    var scriptEntries: [Entry] {
        let script = kind == .interface ? DirectDevices.interfaceScript : DirectDevices.diskScript
        return [path, books].map { Entry(path: $0 + "/script", text: script) }
    }

    /// What `vif-bridge` writes for an interface that is in its bridge, and up.
    ///
    /// - Parameter mtu: The bytes that a frame may carry.
    /// - Returns: The nodes, in the order of writing.
    func entries(ofInterfaceWith mtu: Int32) -> [Entry] {
        scriptEntries + [Entry(path: front + "/mtu", text: String(mtu)), connected]
    }

    /// What `block` writes for a disk.
    ///
    /// The device's number makes the driver open it.
    ///
    /// - Parameters:
    ///   - device: The device's number, as ``BlockDeviceNumber`` writes it.
    ///   - file: Its path, without symbolic links.
    /// - Returns: The nodes, in the order of writing.
    func entries(ofDisk device: String, at file: String) -> [Entry] {
        scriptEntries + [
            Entry(path: path + "/physical-device", text: device),
            Entry(path: path + "/physical-device-path", text: file), connected,
        ]
    }

    /// The last word: the driver may let the guest in.
    private var connected: Entry { Entry(path: path + "/hotplug-status", text: "connected") }
}
