internal import ReplicaModel
internal import XenToolstack

extension GuestThrottle {
    /// Holds a guest back by the scheduler's cap; takes charge of it only when it is needed.
    init(hypervisor: Hypervisor, domain: DomainID) {
        let cap = GuestCap(hypervisor: hypervisor, domain: domain)
        self.init(
            setShare: { (percent) throws(SessionFailure) in try cap.limit(to: percent) },
            restore: { () throws(SessionFailure) in try cap.restore() })
    }
}

/// The one cap of a guest that its throttle has; used by the session's thread alone.
private final class GuestCap {
    private let hypervisor: Hypervisor
    private let domain: DomainID
    private var cap: ProcessorCap?

    init(hypervisor: Hypervisor, domain: DomainID) {
        self.hypervisor = hypervisor
        self.domain = domain
    }

    func limit(to percent: UInt64) throws(SessionFailure) {
        do throws(ToolstackError) {
            var held: ProcessorCap
            if let cap = cap.take() {
                held = cap
            } else {
                held = try ProcessorCap(hypervisor: hypervisor, domain: domain)
            }
            do throws(ToolstackError) { try held.limit(to: percent) } catch {
                cap = consume held
                throw error
            }
            cap = consume held
        } catch { throw SessionFailure(.throttleFailed, error.description) }
    }

    func restore() throws(SessionFailure) {
        guard var held = cap.take() else { return }
        do throws(ToolstackError) { try held.restore() } catch {
            cap = consume held
            throw SessionFailure(.throttleFailed, error.description)
        }
        cap = consume held
    }
}
