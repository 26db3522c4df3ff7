public import ReplicaModel
internal import Synchronization
internal import SystemKit

/// Tells of the ends of guests as xenstored reports them: one thread for the whole controller.
///
/// Xen raises an event for every shutdown but a suspend with a channel of its own, and for every domain that goes;
/// xenstored turns it into `@releaseDomain`, without saying which domain is meant. So each report makes the thread ask
/// Xen for all domains that are watched. It asks once a second all the same: xenstored reports nothing for a guest
/// that ends between its resume and xenstored's word of it (``SuspendChannel/finishResume()``), if another domain's
/// event made xenstored notice the suspend.
public final class GuestEndWatch: Sendable {
    private let hypervisor: Hypervisor
    private let log: @Sendable (String) -> Void
    private let table = Mutex(GuestEndTable())
    private let isStopped = Atomic(false)

    /// How long the thread waits for a report before it asks all the same.
    private static let period: Milliseconds = 1000

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - hypervisor: The hypervisor.
    ///   - log: Called on the thread when xenstored fails it; it then asks Xen once a second.
    /// - Throws: ``ToolstackError/callFailed(action:domain:cause:)`` when there can be no thread.
    public init(hypervisor: Hypervisor, log: @escaping @Sendable (String) -> Void) throws(ToolstackError) {
        self.hypervisor = hypervisor
        self.log = log
        do throws(SystemError) { try start() } catch {
            throw .callFailed(action: "watch for the ends of guests", domain: nil, cause: error)
        }
    }

    /// Watches a domain until it ends or ``forget(_:)`` is called; replaces an earlier watch of it.
    ///
    /// A domain that has ended already is told of within a second.
    ///
    /// - Parameters:
    ///   - domain: Its number on this host.
    ///   - identity: Its UUID, because Xen uses numbers again.
    ///   - onEnd: Called once, on the watch's thread; it must not block, and may come while ``forget(_:)`` returns.
    public func watch(
        _ domain: DomainID, identity: DomainIdentity, onEnd: @escaping @Sendable (GuestEnd) -> Void
    ) {
        table.withLock { $0.add(domain, identity: identity, onEnd: onEnd) }
    }

    /// Watches a domain no more, for instance before it is destroyed on our own account.
    ///
    /// - Parameter domain: Its number on this host.
    public func forget(_ domain: DomainID) { table.withLock { $0.remove(domain) } }

    /// Ends the thread within a second.
    public func stop() { isStopped.store(true, ordering: .relaxed) }

    private func start() throws(SystemError) {
        let thread = try Thread(name: "guest-ends") { self.run() }
        thread.detach()
    }

    private func run() {
        var isFailing = false
        while !isStopped.load(ordering: .relaxed) {
            do throws(ToolstackError) {
                let store = try XenStore()
                // The watch is set anew each time, and a new watch counts as a report: this is the look once a second.
                while !isStopped.load(ordering: .relaxed) {
                    _ = try store.wait(for: "@releaseDomain", timeout: Self.period) { () throws(ToolstackError) in
                        look()
                        return isStopped.load(ordering: .relaxed)
                    }
                    isFailing = false
                }
            } catch {
                if !isFailing { log("\(error) Ends of guests are looked for once a second meanwhile.") }
                isFailing = true
                look()
                Clock.sleep(milliseconds: Self.period.rawValue)
            }
        }
    }

    private func look() {
        let entries = table.withLock { $0.entries }
        var ended: [(domain: DomainID, ticket: UInt64, end: GuestEnd)] = []
        for (domain, entry) in entries {
            // A call that failed says nothing about the guest; the next look asks again.
            guard let end = try? hypervisor.end(of: domain, identity: entry.identity) else { continue }
            ended.append((domain, entry.ticket, end))
        }
        // No call under the lock but the table's own.
        for told in table.withLock({ $0.take(ended) }) { told.entry.onEnd(told.end) }
    }
}
