internal import CXenCtrl
internal import Glibc
internal import ReplicaModel
internal import SystemKit

/// Leaves a guest less processor time than it could have, by the cap of Xen's credit and credit2 schedulers.
///
/// The operator's own cap is noted in xenstore before it is changed, and the note goes with the domain or when the cap is
/// restored: ``restoreLeftovers(hypervisor:except:)`` of a later controller finds what a dead one left (safety rule 5).
public struct ProcessorCap: ~Copyable {
    /// Where the notes are; only the control domain may read or write there.
    private static let home = "/tool/replicactl/processor-cap"

    private let hypervisor: Hypervisor
    private let domain: DomainID
    private let store: XenStore
    private let identity: String
    private let processors: Int
    private var note: CapNote?

    /// Takes charge of a guest's cap, and restores what a dead controller left.
    ///
    /// - Parameters:
    ///   - hypervisor: The hypervisor.
    ///   - domain: The guest.
    /// - Throws: ``ToolstackError/domainGone(_:)``, or the failed call.
    public init(hypervisor: Hypervisor, domain: DomainID) throws(ToolstackError) {
        guard let raw = try hypervisor.raw(domain) else { throw .domainGone(domain) }
        let store = try XenStore()
        let identity = DomainIdentity(raw.handle).description
        try Self.restore(hypervisor, domain, identity, store)
        self.hypervisor = hypervisor
        self.domain = domain
        self.store = store
        self.identity = identity
        processors = Int(raw.nr_online_vcpus)
    }

    /// Leaves the guest a share of the processor time that it may have.
    ///
    /// A cap that an operator has set since the last call is taken for the operator's own.
    ///
    /// - Parameter percent: How much of 100, 1 to 100.
    /// - Throws: The failed call, with `EOPNOTSUPP` under a scheduler without caps; the cap is then as it was.
    public mutating func limit(to percent: UInt64) throws(ToolstackError) {
        let current = try Self.cap(hypervisor, domain)
        let operators = note.map { $0.ours.contains(current) ? $0.operators : current } ?? current
        let new = CapNote.cap(leaving: percent, processors: processors, operators: operators)
        let next = CapNote(identity: identity, operators: operators, ours: note == nil ? [new] : [current, new])
        try store.write("\(Self.home)/\(domain)", next.text)
        note = next
        try Self.set(hypervisor, domain, new)
        note?.ours = [new]
    }

    /// Gives the guest its time back.
    ///
    /// - Throws: The failed call; the note stays, for another try.
    public mutating func restore() throws(ToolstackError) {
        guard note != nil else { return }
        if try hypervisor.raw(domain) == nil {
            // With the domain its cap has gone.
            try store.remove("\(Self.home)/\(domain)")
        } else {
            try Self.restore(hypervisor, domain, identity, store)
        }
        note = nil
    }

    /// Restores the caps that no session is in charge of any more: a controller died, or a cap could not be restored.
    ///
    /// - Parameters:
    ///   - hypervisor: The hypervisor.
    ///   - busy: The domains that a session is in charge of.
    /// - Returns: The domains whose cap was restored, and the first failure: one domain stands in no other's way.
    /// - Throws: Where the notes could not be read.
    public static func restoreLeftovers(
        hypervisor: Hypervisor, except busy: Set<DomainID> = []
    ) throws(ToolstackError) -> (restored: [DomainID], failure: ToolstackError?) {
        let store = try XenStore()
        var restored: [DomainID] = []
        var failure: ToolstackError?
        for name in try store.list(home) {
            guard let number = UInt32(name) else { continue }
            let domain = DomainID(rawValue: number)
            if busy.contains(domain) { continue }
            do throws(ToolstackError) {
                if let raw = try hypervisor.raw(domain) {
                    if try restore(hypervisor, domain, DomainIdentity(raw.handle).description, store) {
                        restored.append(domain)
                    }
                } else {
                    try store.remove("\(home)/\(name)")
                }
            } catch { failure = failure ?? error }
        }
        return (restored, failure)
    }

    /// Restores a cap that is noted, and forgets the note.
    ///
    /// - Returns: Whether a cap was changed.
    @discardableResult
    private static func restore(
        _ hypervisor: Hypervisor, _ domain: DomainID, _ identity: String, _ store: borrowing XenStore
    ) throws(ToolstackError) -> Bool {
        let path = "\(home)/\(domain)"
        guard let text = try store.read(path) else { return false }
        var isChanged = false
        if let note = CapNote(text, identity: identity), let current = try capInForce(hypervisor, domain),
            let cap = note.restored(from: current)
        {
            try set(hypervisor, domain, cap)
            isChanged = true
        }
        try store.remove(path)
        return isChanged
    }

    /// The cap; `nil` where the domain came under a scheduler without caps since, and so has none.
    private static func capInForce(
        _ hypervisor: Hypervisor, _ domain: DomainID
    ) throws(ToolstackError) -> UInt16? {
        do throws(ToolstackError) { return try cap(hypervisor, domain) } catch {
            if case .callFailed(_, _, let cause) = error, cause.code == EOPNOTSUPP { return nil }
            throw error
        }
    }

    private static func cap(_ hypervisor: Hypervisor, _ domain: DomainID) throws(ToolstackError) -> UInt16 {
        var cap: UInt16 = 0
        let result = rxc_cap_get(hypervisor.handle, domain.rawValue, &cap)
        try checkedCall(result, "ask for the scheduler's cap", "XEN_DOMCTL_scheduler_op", domain)
        return cap
    }

    private static func set(_ hypervisor: Hypervisor, _ domain: DomainID, _ cap: UInt16) throws(ToolstackError) {
        let result = rxc_cap_set(hypervisor.handle, domain.rawValue, cap)
        try checkedCall(result, "set the scheduler's cap to \(cap)", "XEN_DOMCTL_scheduler_op", domain)
    }
}
