internal import ReplicaModel

/// The processor time of a guest while it is held back, and what is left to give back where that failed.
///
/// The order to give it back comes once. A cap that could not be lifted stays in force in Xen, so that is tried again until
/// it is gone (safety rule 5).
struct GuestThrottle {
    /// Between two tries to give the guest its time back.
    static let pause: Milliseconds = 1_000

    private let setShare: (UInt64) throws(SessionFailure) -> Void
    private let restore: () throws(SessionFailure) -> Void
    /// How much of 100 of its time the guest keeps, as far as it is known.
    private(set) var percent: UInt64 = 100
    /// Why the guest has not got its time back; `nil` where it has, or is to be held back.
    private(set) var liftFailure: String?
    private var notBefore = MonotonicTime(nanoseconds: 0)

    /// Takes nothing from the guest yet.
    ///
    /// - Parameters:
    ///   - setShare: Leaves the guest so much of 100 of its time; a failure changes nothing.
    ///   - restore: Gives it back.
    init(
        setShare: @escaping (UInt64) throws(SessionFailure) -> Void,
        restore: @escaping () throws(SessionFailure) -> Void
    ) {
        self.setShare = setShare
        self.restore = restore
    }

    /// Leaves the guest a share of its time.
    ///
    /// - Parameters:
    ///   - percent: How much of 100.
    ///   - now: This host's time.
    /// - Returns: Whether it had all of it before.
    /// - Throws: What failed; the guest gets all of its time back, now or by and by.
    mutating func limit(to percent: UInt64, at now: MonotonicTime) throws(SessionFailure) -> Bool {
        let hadAll = self.percent == 100
        do throws(SessionFailure) { try setShare(percent) } catch {
            if hadAll { try? restore() } else { _ = try? lift(at: now) }
            throw error
        }
        self.percent = percent
        liftFailure = nil
        return hadAll
    }

    /// Gives the guest its time back.
    ///
    /// - Parameter now: This host's time.
    /// - Returns: Whether anything had been taken, and is given back.
    /// - Throws: The first failure of all tries together; it is to be tried again when ``isLiftDue(at:)``.
    mutating func lift(at now: MonotonicTime) throws(SessionFailure) -> Bool {
        guard percent < 100 else { return false }
        do throws(SessionFailure) { try restore() } catch {
            let isNew = liftFailure == nil
            liftFailure = error.text
            notBefore = now + Self.pause
            if isNew { throw error }
            return false
        }
        percent = 100
        liftFailure = nil
        return true
    }

    /// Whether it is to be tried again at this host's time `now`.
    func isLiftDue(at now: MonotonicTime) -> Bool { liftFailure != nil && now >= notBefore }
}
