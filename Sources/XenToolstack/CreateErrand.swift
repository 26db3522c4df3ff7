internal import CXenLight
internal import Glibc
internal import SystemKit

/// The create verb of the helper process: a domain from its configuration, let run at once.
enum CreateErrand {
    /// Makes the domain and lets it run.
    ///
    /// - Parameter session: Libxl.
    /// - Returns: The exit status.
    static func run(_ session: OpaquePointer) -> Int32 {
        // What libxl starts must not keep this open.
        _ = fcntl(ToolstackHelperProcess.controlDescriptor, F_SETFD, FD_CLOEXEC)
        // A dead controller shows as the end of its connection, not as a signal.
        signal(SIGPIPE, SIG_IGN)
        var control = LineReader(FileDescriptor(owning: ToolstackHelperProcess.controlDescriptor))
        guard case .line(let line) = control.line(until: nil), case .create(let count)? = HelperMessage(line: line)
        else {
            return ToolstackHelperProcess.refuse(control, "the request is malformed")
        }
        let configuration = String(decoding: control.bytes(count), as: UTF8.self)
        guard configuration.utf8.count == count else {
            return ToolstackHelperProcess.refuse(control, "the configuration is cut short")
        }
        var domain: UInt32 = 0
        let created = rxl_create(session, configuration, &domain)
        guard created == 0 else {
            return ToolstackHelperProcess.refuse(control, "libxl could not create the domain: error \(created)")
        }
        let unpaused = rxl_unpause(session, domain)
        guard unpaused == 0 else {
            // A domain that never ran is of no use to anybody.
            _ = rxl_destroy(session, domain)
            return ToolstackHelperProcess.refuse(control, "libxl could not unpause domain \(domain): error \(unpaused)")
        }
        ToolstackHelperProcess.tell(control, .running(DomainID(rawValue: domain)))
        return 0
    }
}
