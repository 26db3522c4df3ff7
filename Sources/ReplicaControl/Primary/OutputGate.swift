// The held output of all of a guest's interfaces, closed and released together.

internal import OutputBuffer
internal import SystemKit
internal import Telemetry

/// Holds the output of every interface of one guest; used by the session's thread only.
final class OutputGate {
    /// A hold cannot lie in an array; this can.
    private final class Holder {
        var held: HeldInterface?

        init(_ held: consuming HeldInterface) { self.held = consume held }
    }

    private let holders: [Holder]

    /// Takes hold of the interfaces; output flows on until the first barrier, except where a dead controller left it
    /// held.
    ///
    /// - Parameters:
    ///   - interfaces: The host's names of the guest's interfaces.
    ///   - limitBytes: The bound of each, in bytes.
    /// - Throws: ``SessionFailure``; the interfaces that were taken already are given back.
    init(interfaces: [String], limitBytes: UInt32) throws(SessionFailure) {
        var holders: [Holder] = []
        for interface in interfaces {
            do {
                holders.append(Holder(try HeldInterface.attach(interface: interface, limitBytes: limitBytes)))
            } catch {
                for holder in holders where holder.held?.origin == .created { try? holder.held.take()?.remove() }
                throw SessionFailure(error)
            }
        }
        self.holders = holders
    }

    /// Closes off the epoch's output on every interface; the guest is suspended.
    func barrier() throws(SessionFailure) { try each { (held) throws(OutputBufferError) in try held.barrier() } }

    /// Lets the output before the last barrier go, on every interface (safety rule 1: only after its acknowledgement).
    func releaseOne() throws(SessionFailure) { try each { (held) throws(OutputBufferError) in try held.releaseOne() } }

    /// Closes the buffers that were not there before, so that all of the guest's output is held.
    func closeCreated() throws(SessionFailure) {
        try each { (held) throws(OutputBufferError) in if held.origin == .created { try held.barrier() } }
    }

    /// Lets everything go; the buffer stays and is transparent until the next barrier.
    func open() throws(SessionFailure) { try each { (held) throws(OutputBufferError) in try held.open() } }

    /// Lets everything of one interface go and takes its buffer out of the path.
    ///
    /// - Parameter interface: One of the guest's.
    /// - Returns: `false` when this gate does not hold it (any more).
    /// - Throws: ``SessionFailure``; the gate has let go of it all the same: see ``open(interface:limitBytes:)``.
    func openAndRemove(_ interface: String) throws(SessionFailure) -> Bool {
        guard let holder = holders.first(where: { $0.held?.interface == interface }), let held = holder.held.take()
        else { return false }
        try Self.remove(held)
        return true
    }

    /// Opens an interface that nobody holds in hand, whatever was left of its buffer; one that is gone holds nothing.
    ///
    /// - Parameters:
    ///   - interface: The host's name of the interface.
    ///   - limitBytes: The bound of what is held meanwhile, in bytes.
    /// - Throws: ``SessionFailure``; it may be tried again.
    static func open(interface: String, limitBytes: UInt32) throws(SessionFailure) {
        let held: HeldInterface
        do { held = try HeldInterface.attach(interface: interface, limitBytes: limitBytes) } catch {
            if case .noSuchInterface = error { return }
            throw SessionFailure(error)
        }
        try remove(held)
    }

    private static func remove(_ held: consuming HeldInterface) throws(SessionFailure) {
        do { try held.remove() } catch {
            // The output flows; another try would throw away the frames that are still leaving.
            guard case .notDrained = error else { throw SessionFailure(error) }
            Log.warning("A buffer was left to run empty", ("REPLICACTL_DETAIL", error.description))
        }
    }

    /// Throws the held output away and keeps the guest silent until its interfaces are gone (safety rule 2); goes on over
    /// errors and reports the first.
    func discard() throws(SessionFailure) {
        var first: SessionFailure?
        for holder in holders {
            guard let held = holder.held.take() else { continue }
            do { try held.discardAndRemove() } catch { first = first ?? SessionFailure(error) }
        }
        if let first { throw first }
    }

    /// What is held now, and what was dropped, over all interfaces.
    var status: OutputStatus {
        var status = OutputStatus(backlogBytes: 0, drops: 0)
        for holder in holders {
            guard let statistics = try? holder.held?.statistics() else { continue }
            status.backlogBytes += statistics.heldBytes
            status.drops += statistics.droppedFrames
        }
        return status
    }

    private func each(_ body: (inout HeldInterface) throws(OutputBufferError) -> Void) throws(SessionFailure) {
        for holder in holders {
            do { try holder.held.use(body) } catch { throw SessionFailure(error) }
        }
    }
}
