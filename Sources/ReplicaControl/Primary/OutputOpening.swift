// Which of a guest's interfaces still have to be opened, and when that is tried again.

internal import ReplicaModel

/// What is left to do before all of a guest's output flows without a buffer.
///
/// The order to open comes once. An interface that could not be opened stays shut in the kernel, so it is tried again
/// until it is open: a guest that nobody else may own must not be kept silent (safety rule 5).
struct OutputOpening: Equatable {
    /// Between two tries.
    static let pause: Milliseconds = 1_000

    /// Stands for the guest's disks: writes that a broken mirror holds go on like held frames do.
    static let disks = "the guest's disks"

    /// The interfaces that may be held and are to be opened, and ``disks``.
    private(set) var remaining: [String]
    private var notBefore = MonotonicTime(nanoseconds: 0)
    private var isFailureTold = false

    /// Makes the work for a guest's interfaces.
    ///
    /// - Parameters:
    ///   - interfaces: Those that may be held; none for a guest whose output was never taken hold of.
    ///   - hasDisks: Whether a mirror may hold the guest's writes.
    init(of interfaces: [String], hasDisks: Bool = false) {
        // A guest that waits for its disk has nothing new to send.
        remaining = (hasDisks ? [Self.disks] : []) + interfaces
    }

    /// Whether a try is to be made at this host's time `now`.
    func isDue(at now: MonotonicTime) -> Bool { !remaining.isEmpty && now >= notBefore }

    /// Tries every interface that is left; one that fails stands in no other's way.
    ///
    /// - Parameters:
    ///   - now: This host's time.
    ///   - open: Opens one interface.
    /// - Returns: The first failure, once for all tries together; `nil` when it was told before, or all is open.
    mutating func run(
        at now: MonotonicTime, _ open: (String) throws(SessionFailure) -> Void
    ) -> SessionFailure? {
        var shut: [String] = []
        var first: SessionFailure?
        for interface in remaining {
            do throws(SessionFailure) { try open(interface) } catch {
                shut.append(interface)
                first = first ?? error
            }
        }
        remaining = shut
        notBefore = now + Self.pause
        guard let first, !isFailureTold else { return nil }
        isFailureTold = true
        return first
    }
}
