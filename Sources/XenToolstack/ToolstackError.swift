public import ReplicaModel
public import SystemKit

/// Why something about Xen, xenstore or libxl did not work; the description says what to do.
public enum ToolstackError: Error, Equatable, Sendable, CustomStringConvertible {
    /// This machine did not boot under Xen.
    case noHypervisor
    /// Xen runs, but this process is not root.
    case notPrivileged
    /// Xen runs, but this is not its control domain.
    case notControlDomain
    /// Another Xen release than the one this program was built for; its interfaces have no stable layout.
    case unsupportedXenVersion(String)
    /// No domain has this number, name or UUID.
    case noSuchDomain(String)
    /// Several domains have this name.
    case ambiguousDomainName(String, [DomainID])
    /// A call of a Xen library failed; the domain is that of the call.
    case callFailed(action: String, domain: DomainID?, cause: SystemError)
    /// A xenstore request failed.
    case xenStoreFailed(action: String, path: String, cause: SystemError)
    /// Another process holds the domain's suspend channel.
    case suspendChannelInUse(DomainID)
    /// The guest's Xen drivers are not up.
    case guestNotReady(DomainID)
    /// The guest did not suspend in time; it runs on.
    case suspendTimedOut(DomainID, Milliseconds, acknowledged: Bool)
    /// The guest shut itself down for another reason.
    case domainShutDown(DomainID, ShutdownReason)
    /// The domain does not exist any more, or is being torn down.
    case domainGone(DomainID)
    /// Xen will not track the domain's writes.
    case dirtyLogRefused(DomainID, cause: SystemError)
    /// Xen's answer does not cover the whole domain.
    case dirtyLogIncomplete(DomainID, frames: UInt64, covered: Int64)
    /// A frame with contents could not be mapped.
    case frameNotMapped(DomainID, frame: UInt64, cause: SystemError)
    /// The domain's type has no HVM context.
    case notHVMContainer(DomainID)
    /// The helper process could not be started.
    case helperNotStarted(verb: String, cause: SystemError)
    /// The helper process reported a failure, or ended early.
    case helperFailed(verb: String, message: String)
    /// The helper process did not answer in time.
    case helperTimedOut(verb: String, Milliseconds)
    /// Libxl's description of a domain is not as expected.
    case malformedConfiguration(String)
    /// A domain was told to go away and is still there.
    case domainRemains(DomainIdentity, Milliseconds)
    /// A live domain has the identity of one that was to be made.
    case domainExists(DomainIdentity, DomainID)
    /// A file that the domain is booted from is not on this host.
    case bootFileMissing(String)
    /// There is not enough room for a domain's memory.
    case noRoomForDump(path: String, neededMiB: UInt64)
    /// A device of a domain has no host end, neither by this program nor by its script; the device is that of xenstore.
    case hostEndNotConnected(String, script: String, failure: String)
    /// The toolstack's own monitor of a domain could not be ended.
    case monitorRemains(String, process: Int32)

    /// What was tried, on what, what happened, and what to do.
    public var description: String {
        switch self {
        case .noHypervisor:
            "This machine does not run under Xen: boot it with xen-hypervisor-4.17-amd64, then try again."
        case .notPrivileged:
            "Access to Xen needs root: run this as root in the control domain."
        case .notControlDomain:
            "This is a Xen guest, not the control domain: run this in Dom0."
        case .unsupportedXenVersion(let version):
            "This program was built for Xen 4.17 and the host runs \(version): install the build for that version."
        case .noSuchDomain(let name):
            "No domain \(name) on this host: see `xl list` for the names."
        case .ambiguousDomainName(let name, let domains):
            "Several domains are named \(name) (\(domains.map(\.description).joined(separator: ", "))): give the UUID."
        case .callFailed(let action, let domain, let cause):
            "Could not \(action)\(Self.about(domain)): \(cause). See the Xen log (`xl dmesg`)."
        case .xenStoreFailed(let action, let path, let cause):
            "Could not \(action) \(path) in xenstore: \(cause). Check that xenstored runs."
        case .suspendChannelInUse(let domain):
            "Domain \(domain) has a suspend channel held by another process: stop its migration or other controller."
        case .guestNotReady(let domain):
            "Domain \(domain) cannot be suspended, its Xen drivers are not up: wait until it has booted."
        case .suspendTimedOut(let domain, let bound, acknowledged: false):
            "Domain \(domain) did not answer the suspend request in \(bound.rawValue) ms and runs on: "
                + "check that its kernel is up and has Xen suspend support."
        case .suspendTimedOut(let domain, let bound, acknowledged: true):
            "Domain \(domain) began to suspend and was not done in \(bound.rawValue) ms; it runs on: "
                + "look for a task that cannot be frozen in the guest's kernel log."
        case .domainShutDown(let domain, let reason):
            "Domain \(domain) has shut down (\(reason)) and cannot be captured: start it again, then protect it."
        case .domainGone(let domain):
            "Domain \(domain) is gone: start it again, then protect it."
        case .dirtyLogRefused(let domain, let cause):
            "Xen does not track the writes of domain \(domain): \(cause). Passed-through devices, and PV guests on a "
                + "hypervisor without shadow paging, cannot be protected."
        case .dirtyLogIncomplete(let domain, let frames, let covered):
            "The dirty log of domain \(domain) covers \(covered) of \(frames) frames: protect it anew."
        case .frameNotMapped(let domain, let frame, let cause):
            "Could not map frame \(frame) of domain \(domain): \(cause). Ballooning must be off while it is protected."
        case .notHVMContainer(let domain):
            "Domain \(domain) is a PV guest, which this capture cannot read: use a PVH or HVM guest."
        case .helperNotStarted(let verb, let cause):
            "Could not start the toolstack helper (\(verb)): \(cause)."
        case .helperFailed(let verb, let message):
            "The toolstack helper (\(verb)) failed: \(message). Its messages are in the log."
        case .helperTimedOut(let verb, let bound):
            "The toolstack helper (\(verb)) did not answer in \(bound.rawValue) ms: see its messages in the log."
        case .malformedConfiguration(let detail):
            "Libxl's domain configuration is not as expected: \(detail)."
        case .domainRemains(let identity, let bound):
            "Domain \(identity) was destroyed but is still listed after \(bound.rawValue) ms: see `xl list`."
        case .domainExists(let identity, let domain):
            "Domain \(identity) could not be made: domain \(domain) has that identity. Only one of them may run."
        case .bootFileMissing(let path):
            "The guest is booted from \(path), which this host does not have: put the same file there on both hosts."
        case .noRoomForDump(let path, let needed):
            "The guest's memory could not be written to \(path): it needs \(needed) MiB of room there."
        case .hostEndNotConnected(let device, let script, let failure):
            "\(device) could not be connected. \(failure) Its script \(script) failed too: see /var/log/xen/xen-hotplug.log."
        case .monitorRemains(let name, let process):
            "The monitor that xl left for domain \(name) (process \(process)) did not end: end it, then try again."
        }
    }

    private static func about(_ domain: DomainID?) -> String { domain.map { " (domain \($0))" } ?? "" }
}

/// Turns the result of a Xen shim (a value, or `-errno`) into a value or an error.
///
/// - Parameters:
///   - result: What the shim returned.
///   - action: What was tried, to follow "Could not".
///   - call: The library's name for the call.
///   - domain: The domain that it was tried on.
/// - Returns: `result`, 0 or more.
/// - Throws: ``ToolstackError/callFailed(action:domain:cause:)`` when `result` is negative.
@discardableResult
func checkedCall<Result: SignedInteger>(
    _ result: Result, _ action: String, _ call: String, _ domain: DomainID?
) throws(ToolstackError) -> Result {
    guard result >= 0 else {
        let cause = SystemError(code: Int32(clamping: -result), call: call)
        throw .callFailed(action: action, domain: domain, cause: cause)
    }
    return result
}

/// Turns the result of a Xen library function (-1 sets `errno`) into a value or an error.
///
/// - Parameters:
///   - result: What the function returned.
///   - action: What was tried, to follow "Could not".
///   - call: The function's name.
///   - domain: The domain that it was tried on.
/// - Returns: `result`, 0 or more.
/// - Throws: ``ToolstackError/callFailed(action:domain:cause:)`` when `result` is negative.
@discardableResult
@inline(never)
func checkedLibraryCall<Result: SignedInteger>(
    _ result: Result, _ action: String, _ call: String, _ domain: DomainID?
) throws(ToolstackError) -> Result {
    guard result >= 0 else { throw .callFailed(action: action, domain: domain, cause: SystemError.last(call)) }
    return result
}
