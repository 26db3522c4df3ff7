internal import ReplicaModel
internal import XenToolstack

/// The processor time of a guest while it is held back; it has all of it back when this goes.
struct GuestThrottle: ~Copyable {
    private let hypervisor: Hypervisor
    private let domain: DomainID
    private var cap: ProcessorCap?
    private var isHeldBack = false

    /// Takes nothing from the guest yet.
    init(hypervisor: Hypervisor, domain: DomainID) {
        self.hypervisor = hypervisor
        self.domain = domain
    }

    /// Leaves the guest a share of its time.
    ///
    /// - Parameter percent: How much of 100.
    /// - Returns: Whether it had all of it before.
    /// - Throws: ``SessionFailure`` with ``ReasonCode/throttleFailed``; the guest has all of its time, or a later
    ///   controller gives it back.
    mutating func limit(to percent: UInt64) throws(SessionFailure) -> Bool {
        let wasHeldBack = isHeldBack
        isHeldBack = false
        do throws(ToolstackError) {
            var cap: ProcessorCap
            if let held = self.cap.take() {
                cap = held
            } else {
                cap = try ProcessorCap(hypervisor: hypervisor, domain: domain)
            }
            do throws(ToolstackError) { try cap.limit(to: percent) } catch {
                try? cap.restore()
                throw error
            }
            self.cap = consume cap
            isHeldBack = true
        } catch { throw SessionFailure(.throttleFailed, error.description) }
        return !wasHeldBack
    }

    /// Gives the guest its time back.
    ///
    /// - Returns: Whether anything had been taken.
    /// - Throws: ``SessionFailure`` with ``ReasonCode/throttleFailed``; it may be tried again, and
    ///   housekeeping does after the session's end.
    mutating func lift() throws(SessionFailure) -> Bool {
        guard var cap = self.cap.take() else { return false }
        do throws(ToolstackError) { try cap.restore() } catch {
            self.cap = consume cap
            throw SessionFailure(.throttleFailed, error.description)
        }
        isHeldBack = false
        return true
    }
}
