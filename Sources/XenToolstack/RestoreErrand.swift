internal import CXenLight
internal import Glibc
internal import SystemKit

/// The restore verb of the helper process: a domain from a checkpointed stream, held until it is told to let it run.
enum RestoreErrand {
    /// Restores, waits for the order, and obeys it.
    ///
    /// - Parameter session: Libxl.
    /// - Returns: The exit status.
    static func run(_ session: OpaquePointer) -> Int32 {
        // What libxl starts must not keep these open.
        for descriptor in [ToolstackHelperProcess.controlDescriptor, ToolstackHelperProcess.streamDescriptor] {
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }
        // A dead controller shows as the end of its connection, not as a signal.
        signal(SIGPIPE, SIG_IGN)
        var control = LineReader(FileDescriptor(owning: ToolstackHelperProcess.controlDescriptor))
        guard case .line(let line) = control.line(until: nil),
            case .restore(let count, let left, let name)? = HelperMessage(line: line)
        else { return ToolstackHelperProcess.refuse(control, "the request is malformed") }
        let configuration = String(decoding: control.bytes(count), as: UTF8.self)
        guard configuration.utf8.count == count else {
            return ToolstackHelperProcess.refuse(control, "the configuration is cut short")
        }

        var domain: UInt32 = 0
        let result = rxl_restore(
            session, configuration, name, ToolstackHelperProcess.streamDescriptor, left.interfaces,
            left.interfaces.count, left.disks, left.disks.count, &domain)
        guard result == 0 else {
            return ToolstackHelperProcess.refuse(control, "libxl could not restore the domain: error \(result)")
        }
        // If the controller is gone this goes nowhere, and the next line is the end of the connection.
        ToolstackHelperProcess.tell(control, .restored(DomainID(rawValue: domain)))
        // While the controller connects the devices. Before the guest runs: a later copy of it, or its next start, would
        // have no script for them.
        if !left.isEmpty {
            _ = ToolstackHelperProcess.checked(
                rxl_put_scripts_back(
                    session, domain, configuration, left.interfaces, left.interfaces.count, left.disks,
                    left.disks.count), "write the scripts of domain \(domain)'s devices down again")
        }

        // Only this order starts the guest: the end of the stream or of the controller never does (safety rule 2).
        guard case .line(let order) = control.line(until: nil),
            case .activate(let finalName)? = HelperMessage(line: order)
        else {
            let status = ToolstackHelperProcess.checked(rxl_destroy(session, domain), "destroy domain \(domain)")
            return status
        }
        let unpaused = rxl_unpause(session, domain)
        guard unpaused == 0 else {
            return ToolstackHelperProcess.refuse(control, "libxl could not unpause domain \(domain): error \(unpaused)")
        }
        ToolstackHelperProcess.tell(control, .running(DomainID(rawValue: domain)))
        // A name that is taken must not keep the guest from running.
        return ToolstackHelperProcess.checked(
            rxl_rename(session, domain, name, finalName), "rename domain \(domain) to \(finalName)")
    }
}
