internal import CXenCtrl
internal import Glibc
public import ReplicaModel
internal import SystemKit

/// The way to suspend one guest and let it run on, many times a second.
///
/// Xen raises an event channel of ours the moment the guest has suspended, so that an epoch does not wait for xenstored's
/// report. While the channel is open, xenstored and `xl` are not told of this guest's suspends; every other end of the
/// guest still reaches xenstored, and so ``GuestEndWatch``, and ends ``suspend(timeout:)`` with an error. Xenstored may
/// notice a suspend all the same, when another domain's event makes it look at all domains.
public struct SuspendChannel: ~Copyable {
    /// The domain at the other end.
    public let domain: DomainID
    private let hypervisor: Hypervisor
    private let store: XenStore
    private let events: OpaquePointer
    private let port: evtchn_port_t
    private let lock: Int32
    private let workspace: HypercallBuffer

    /// How long a guest may take after it has acknowledged the request: Linux gives its tasks 20 s to freeze, and
    /// a guest that suspends when nobody looks would stay so.
    private static let freezeBound: Milliseconds = 25_000

    /// Opens the channel, and lets a guest run on that a dead controller left suspended.
    ///
    /// The guest's end is allocated once in the life of a domain and found again in xenstore: Xen frees it only
    /// with the domain.
    ///
    /// - Parameters:
    ///   - hypervisor: The hypervisor.
    ///   - domain: The guest, running.
    /// - Throws: ``ToolstackError/suspendChannelInUse(_:)`` while another process holds it,
    ///   ``ToolstackError/guestNotReady(_:)`` while the guest boots or comes through a failover, or the failed call.
    public init(hypervisor: Hypervisor, domain: DomainID) throws(ToolstackError) {
        let store = try XenStore()
        _ = try Self.resumeIfSuspended(hypervisor: hypervisor, domain: domain)
        _ = try store.replace(domain.path + "/control/shutdown", expected: "suspend", with: "")
        // Without its Xen drivers a guest neither hears the request nor knows what the resume tells it.
        guard let raw = try hypervisor.raw(domain) else { throw .domainGone(domain) }
        let isContainer = raw.flags & XEN_DOMINF_hvm_guest != 0
        if isContainer, try !hypervisor.callbackInterruptIsSet(of: domain) { throw .guestNotReady(domain) }
        let workspace = try HypercallBuffer(
            hypervisor: hypervisor, byteCount: rxc_resume_workspace_size(), for: domain)
        let guestPort = try SuspendPort.obtain(hypervisor: hypervisor, domain: domain, store: store)
        guard let events = xenevtchn_open(nil, 0) else {
            throw .callFailed(
                action: "open the event channels", domain: domain, cause: SystemError.last("xenevtchn_open"))
        }
        var lock: Int32 = -1
        let port = xc_suspend_evtchn_init_exclusive(
            hypervisor.handle, events, domain.rawValue, Int32(guestPort), &lock)
        guard port >= 0 else {
            let cause = SystemError.last("xc_suspend_evtchn_init_exclusive")
            xenevtchn_close(events)
            // The library reports a lock that it did not get as EINVAL.
            if cause.code == EINVAL { throw .suspendChannelInUse(domain) }
            throw .callFailed(action: "open the suspend channel", domain: domain, cause: cause)
        }
        self.domain = domain
        self.hypervisor = hypervisor
        self.store = store
        self.events = events
        self.port = evtchn_port_t(port)
        self.lock = lock
        self.workspace = workspace
    }

    deinit {
        // Without this a later `xl save` or migration of the guest would never hear that it suspended.
        xc_domain_subscribe_for_suspend(hypervisor.handle, domain.rawValue, 0)
        var lock = self.lock
        xc_suspend_evtchn_release(hypervisor.handle, events, domain.rawValue, Int32(port), &lock)
        xenevtchn_close(events)
    }

    /// Suspends the guest.
    ///
    /// - Parameter timeout: How long the guest may take to acknowledge, 1 ms or more. A guest that has acknowledged is
    ///   waited for 25 s more, as it must be let run on when it does suspend.
    /// - Throws: ``ToolstackError/suspendTimedOut(_:_:acknowledged:)`` with the guest running on (safety rule 5),
    ///   ``ToolstackError/domainShutDown(_:_:)``, ``ToolstackError/domainGone(_:)``, or the failed call.
    public mutating func suspend(timeout: Milliseconds) throws(ToolstackError) {
        drainEvents()
        if try isSuspended() { return }
        let request = domain.path + "/control/shutdown"
        try store.write(request, "suspend")
        if try waitUntilSuspended(timeout) { return }
        // The guest clears the node when it takes the request; until then it can be taken back.
        if try store.replace(request, expected: "suspend", with: "") {
            throw .suspendTimedOut(domain, timeout, acknowledged: false)
        }
        if try waitUntilSuspended(Self.freezeBound) {
            try resume()
            try finishResume()
        }
        throw .suspendTimedOut(domain, timeout, acknowledged: true)
    }

    /// Lets the suspended guest run on where it was: its devices, rings and connections stay.
    ///
    /// - Returns: When the guest was let go, in nanoseconds of ``Clock/monotonic``: on a busy host the guest may run
    ///   for a while before this call returns.
    /// - Throws: ``ToolstackError/callFailed(action:domain:cause:)``.
    @discardableResult
    public borrowing func resume() throws(ToolstackError) -> UInt64 {
        var released: UInt64 = 0
        let result = rxc_resume(hypervisor.handle, domain.rawValue, workspace.record, &released)
        try checkedCall(result, "resume", "XEN_DOMCTL_resumedomain", domain)
        return released
    }

    /// Tells xenstored that the guest runs, for its later shutdown to be reported even if xenstored noticed this
    /// suspend: off the critical path.
    ///
    /// - Throws: ``ToolstackError/xenStoreFailed(action:path:cause:)``.
    public borrowing func finishResume() throws(ToolstackError) {
        try store.resume(domain)
    }

    /// Gives the channel back, so that `xl` hears of the guest's suspends again; a suspended guest is let run.
    ///
    /// - Throws: The failed call.
    public consuming func close() throws(ToolstackError) {
        _ = try Self.resumeIfSuspended(hypervisor: hypervisor, domain: domain)
        // The deinitialiser releases the rest, whatever happened here.
    }

    /// Lets a guest run on if it is suspended, for instance after its controller died.
    ///
    /// Only for the host that owns the domain (safety rule 2).
    ///
    /// - Parameters:
    ///   - hypervisor: The hypervisor.
    ///   - domain: The guest.
    /// - Returns: Whether it was suspended.
    /// - Throws: ``ToolstackError/domainGone(_:)``, or the failed call.
    public static func resumeIfSuspended(
        hypervisor: Hypervisor, domain: DomainID
    ) throws(ToolstackError) -> Bool {
        guard try hypervisor.state(of: domain) == .shutdown(.suspend) else { return false }
        // The suspend hypercall returns "cancelled" in the guest, which then keeps its grants and channels.
        let result = xc_domain_resume(hypervisor.handle, domain.rawValue, 1)
        try checkedLibraryCall(result, "resume", "xc_domain_resume", domain)
        let store = try XenStore()
        try store.resume(domain)
        return true
    }

    /// Whether the guest is suspended; any other end of it is an error.
    private borrowing func isSuspended() throws(ToolstackError) -> Bool {
        switch try hypervisor.state(of: domain) {
        case .shutdown(.suspend): return true
        case .shutdown(let reason): throw .domainShutDown(domain, reason)
        case .dying: throw .domainGone(domain)
        case .running, .blocked, .paused: return false
        }
    }

    /// Waits for the event; an event that was lost costs one slice, because the state is asked after each.
    ///
    /// The event of a guest that has suspended is taken with the next request: the guest stands still now.
    private mutating func waitUntilSuspended(_ timeout: Milliseconds) throws(ToolstackError) -> Bool {
        let slice: UInt64 = 100
        let deadline = Clock.monotonic + timeout.nanoseconds
        while true {
            let now = Clock.monotonic
            guard now < deadline else { return try isSuspended() }
            let isRaised = waitForEvent(milliseconds: Int32(min(slice, (deadline - now + 999_999) / 1_000_000)))
            if try isSuspended() { return true }
            if isRaised { takeEvent() }
        }
    }

    private func drainEvents() { if waitForEvent(milliseconds: 0) { takeEvent() } }

    private func waitForEvent(milliseconds: Int32) -> Bool {
        var descriptor = pollfd(fd: xenevtchn_fd(events), events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, milliseconds) > 0
    }

    private func takeEvent() {
        let pending = xenevtchn_pending(events)
        if pending >= 0 { xenevtchn_unmask(events, evtchn_port_t(pending)) }
    }
}
