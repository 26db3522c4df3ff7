internal import CXenCtrl
internal import ReplicaModel
internal import SystemKit

/// The guest's end of a suspend channel, remembered in xenstore between controllers: Xen frees it only with the domain.
enum SuspendPort {
    /// Where the notes are; only the control domain may read or write there.
    private static let home = "/tool/replicactl/suspend-port"

    /// A port in the guest that waits for this domain: the remembered one, or a new one.
    ///
    /// - Parameters:
    ///   - hypervisor: The hypervisor.
    ///   - domain: The guest.
    ///   - store: Where the notes are kept.
    /// - Returns: The guest's number of the port.
    /// - Throws: ``ToolstackError/domainGone(_:)``, or the failed call.
    static func obtain(
        hypervisor: Hypervisor, domain: DomainID, store: borrowing XenStore
    ) throws(ToolstackError) -> UInt32 {
        guard let raw = try hypervisor.raw(domain) else { throw .domainGone(domain) }
        // Domain numbers are used again, so the note names the domain's identity too.
        let identity = DomainIdentity(raw.handle).description
        try forgetDeadDomains(hypervisor, store)
        let path = "\(home)/\(domain)"
        if let note = try store.read(path), let port = port(inNote: note, identity: identity),
            isOurs(port, hypervisor, domain)
        {
            return port
        }
        let port = xc_evtchn_alloc_unbound(hypervisor.handle, domain.rawValue, DomainID.control.rawValue)
        try checkedLibraryCall(port, "allocate a suspend port", "xc_evtchn_alloc_unbound", domain)
        try store.write(path, note(port: UInt32(port), identity: identity))
        return UInt32(port)
    }

    static func note(port: UInt32, identity: String) -> String { "\(identity) \(port)" }

    static func port(inNote note: String, identity: String) -> UInt32? {
        let words = note.split(separator: " ")
        guard words.count == 2, words[0] == identity, let port = UInt32(words[1]), port > 0 else { return nil }
        return port
    }

    /// Whether the port still leads here: a guest that starts a new kernel in place loses all of its ports.
    private static func isOurs(_ port: UInt32, _ hypervisor: Hypervisor, _ domain: DomainID) -> Bool {
        var status = xc_evtchn_status_t()
        status.dom = domid_t(truncatingIfNeeded: domain.rawValue)
        status.port = port
        guard xc_evtchn_status(hypervisor.handle, &status) == 0 else { return false }
        let control = domid_t(truncatingIfNeeded: DomainID.control.rawValue)
        return switch Int32(status.status) {
        case EVTCHNSTAT_unbound: status.u.unbound.dom == control
        // Another controller holds it; the lock that follows says so.
        case EVTCHNSTAT_interdomain: status.u.interdomain.dom == control
        default: false
        }
    }

    private static func forgetDeadDomains(
        _ hypervisor: Hypervisor, _ store: borrowing XenStore
    ) throws(ToolstackError) {
        for name in try store.list(home) {
            guard let number = UInt32(name), try hypervisor.raw(DomainID(rawValue: number)) == nil else { continue }
            try store.remove("\(home)/\(name)")
        }
    }
}
