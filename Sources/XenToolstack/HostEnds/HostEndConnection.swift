internal import Glibc
internal import ReplicaModel
internal import SystemKit

/// Connects the host ends of a paused guest's devices.
///
/// A device that cannot be connected so is given to its stock script, which then has the last word: a takeover must not
/// fail because of a shortcut.
struct HostEndConnection: ~Copyable {
    private let store: XenStore
    private let domain: DomainID
    private let log: @Sendable (String) -> Void

    /// So long a stock script may take, as libxl lets it.
    private static let scriptBound: Milliseconds = 40_000

    /// Connects to xenstore.
    ///
    /// - Parameters:
    ///   - domain: The guest, made by libxl and paused.
    ///   - log: Takes a line about each device that its script had to connect.
    /// - Throws: ``ToolstackError/xenStoreFailed(action:path:cause:)``.
    init(of domain: DomainID, log: @escaping @Sendable (String) -> Void) throws(ToolstackError) {
        store = try XenStore()
        self.domain = domain
        self.log = log
    }

    /// Connects the devices, the disks first.
    ///
    /// - Parameters:
    ///   - devices: Those that libxl was told to leave.
    ///   - suitable: Those of them that need no script now; the host may have changed.
    /// - Throws: ``ToolstackError`` when one could not be connected, by its script neither.
    borrowing func connect(_ devices: DirectDevices, suitable: DirectDevices) throws(ToolstackError) {
        for disk in devices.disks {
            let end = HostEnd(kind: .disk, domain: domain, number: try number(of: disk))
            try connect(end, isSuitable: suitable.disks.contains(disk), script: ["add"]) {
                () throws(ToolstackError) in try connect(disk, end)
            }
        }
        for interface in devices.interfaces {
            let end = HostEnd(kind: .interface, domain: domain, number: String(interface.number))
            let name = "vif\(domain).\(interface.number)"
            try connect(
                end, isSuitable: suitable.interfaces.contains(interface), script: ["online", "type_if=vif"],
                variables: ["vif=\(name)", "netdev="]
            ) { () throws(ToolstackError) in try connect(interface, end, name) }
        }
    }

    private borrowing func connect(
        _ end: HostEnd, isSuitable: Bool, script arguments: [String], variables: [String] = [],
        _ body: () throws(ToolstackError) -> Void
    ) throws(ToolstackError) {
        let failure: String
        if isSuitable {
            do throws(ToolstackError) { return try body() } catch { failure = error.description }
        } else {
            failure = "This host has changed since the replica was made."
        }
        log("\(end.scriptPath) is left to its script. \(failure)")
        try runScript(of: end, arguments, variables, because: failure)
    }

    private borrowing func connect(
        _ interface: DirectDevices.Interface, _ end: HostEnd, _ name: String
    ) throws(ToolstackError) {
        let mtu = try store.read(end.path + "/mtu").flatMap { Int32($0) }
        let bytes: Int32
        do throws(SystemError) {
            bytes = try BridgePort.connect(name, as: interface.givenName, to: interface.bridge, mtu: mtu)
        } catch {
            throw .callFailed(action: "put \(name) in bridge \(interface.bridge)", domain: domain, cause: error)
        }
        try write(end.entries(ofInterfaceWith: bytes))
    }

    private borrowing func connect(_ disk: DirectDevices.Disk, _ end: HostEnd) throws(ToolstackError) {
        let action = "attach \(disk.path)"
        let device: String
        let file: String
        do throws(SystemError) {
            device = try BlockDeviceNumber.of(disk.path)
            file = try Self.withoutLinks(disk.path)
        } catch { throw .callFailed(action: action, domain: domain, cause: error) }
        let machine = try store.read(domain.path + "/vm")
        if let obstacle = try sharing().obstacle(to: device, isWritable: disk.isWritable, for: machine) {
            throw .callFailed(
                action: "\(action) (\(obstacle))", domain: domain, cause: SystemError(code: EBUSY, call: "connect"))
        }
        try write(end.entries(ofDisk: device, at: file))
    }

    private borrowing func write(_ entries: [HostEnd.Entry]) throws(ToolstackError) {
        for entry in entries { try store.write(entry.path, entry.text) }
    }

    /// Libxl numbers disks by their names; it has written the name beside the number.
    private borrowing func number(of disk: DirectDevices.Disk) throws(ToolstackError) -> String {
        let home = "\(DomainID.control.path)/backend/\(HostEnd.Kind.disk.rawValue)/\(domain)"
        for number in try store.list(home) where try store.read("\(home)/\(number)/dev") == disk.target {
            return number
        }
        throw .xenStoreFailed(
            action: "find disk \(disk.target) in", path: home, cause: SystemError(code: ENOENT, call: "xs_directory"))
    }

    /// How this host's block devices are used now.
    private borrowing func sharing() throws(ToolstackError) -> DiskSharing {
        var sharing = DiskSharing()
        // More mounts than any host has.
        if let bytes = try? FileDescriptor.contents(of: "/proc/mounts", atMost: 1 << 20) {
            sharing.mounts = DiskSharing.mounts(in: String(decoding: bytes, as: UTF8.self)) {
                try? BlockDeviceNumber.of($0)
            }
        }
        let home = "\(DomainID.control.path)/backend/\(HostEnd.Kind.disk.rawValue)"
        for other in try store.list(home) where other != domain.description {
            let machine = try store.read("/local/domain/\(other)/vm")
            for number in try store.list("\(home)/\(other)") {
                let path = "\(home)/\(other)/\(number)"
                guard let device = try store.read(path + "/physical-device") else { continue }
                let isWritable = try store.read(path + "/mode")?.contains("w") ?? false
                sharing.attachments.append(.init(device: device, isWritable: isWritable, machine: machine))
            }
        }
        return sharing
    }

    private borrowing func runScript(
        of end: HostEnd, _ arguments: [String], _ variables: [String], because failure: String
    ) throws(ToolstackError) {
        try write(end.scriptEntries)
        guard let script = end.scriptEntries.first?.text else { return }
        let result: ProcessRun
        do throws(SystemError) {
            result = try ProcessRun.run(
                path: script, arguments: arguments,
                environment: [
                    ProcessStart.searchPath, "LANG=C", "script=\(script)", "XENBUS_TYPE=\(end.kind.rawValue)",
                    "XENBUS_PATH=\(end.scriptPath)", "XENBUS_BASE_PATH=backend",
                ] + variables, timeout: Self.scriptBound.nanoseconds, grace: 1_000_000_000)
        } catch { throw .callFailed(action: "run \(script)", domain: domain, cause: error) }
        guard result.ending == .exited(status: 0) else {
            throw .hostEndNotConnected(end.scriptPath, script: script, failure: failure)
        }
    }

    private static func withoutLinks(_ path: String) throws(SystemError) -> String {
        guard let resolved = realpath(path, nil) else { throw SystemError.last("realpath \(path)") }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
