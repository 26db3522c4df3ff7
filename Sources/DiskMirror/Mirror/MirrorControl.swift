// DiskMirror, DRBD's half: follows, judges and orders the mirroring of a guest's disks.

internal import SystemKit
internal import Synchronization

/// Gives DRBD orders and asks for its state, by netlink, without any process; every order has a deadline.
///
/// The kernel carries an order out inside the call that gives it, and may wait there for the peer, a handler or a disk. So
/// each runs on a thread of its own, and the caller goes on when the time is over. For any thread.
public final class MirrorControl: Sendable {
    /// How many orders may hang in the kernel before no more are given (safety rule 6).
    static let mostUnanswered = 8

    private let unanswered = Mutex(0)

    /// Makes a control; nothing is opened before the first order.
    public init() {}

    /// All volumes as DRBD describes them.
    ///
    /// - Parameter deadline: Nanoseconds of the monotonic clock.
    /// - Returns: One row a volume, of all resources.
    /// - Throws: ``MirrorError``.
    public func status(before deadline: UInt64) throws(MirrorError) -> [MirrorStatus] {
        try run("tell its state", on: "DRBD", before: deadline) { () throws(MirrorError) in
            var rows: [MirrorStatus] = []
            var socket = try MirrorSocket()
            try socket.dump(DRBDInterface.Command.getStatus, before: deadline) { (content) throws(MirrorError) in
                do throws(MalformedMessage) {
                    rows.append(try MirrorStatus(content))
                } catch {
                    throw .notUnderstood(error.what)
                }
            }
            return rows
        }
    }

    /// The volumes of one resource, by their number.
    ///
    /// - Parameters:
    ///   - resource: The name.
    ///   - deadline: Nanoseconds of the monotonic clock.
    /// - Returns: One row a volume, at least one.
    /// - Throws: ``MirrorError``; ``MirrorError/noResource(_:)`` when there is none.
    public func volumes(of resource: String, before deadline: UInt64) throws(MirrorError) -> [MirrorStatus] {
        let rows = try status(before: deadline).filter { $0.resource == resource }
        guard !rows.isEmpty else { throw .noResource(resource) }
        return rows.sorted { $0.volume < $1.volume }
    }

    /// The volume of a device.
    ///
    /// - Parameters:
    ///   - minor: The number N of `/dev/drbdN`.
    ///   - deadline: Nanoseconds of the monotonic clock.
    /// - Returns: Its row.
    /// - Throws: ``MirrorError``; ``MirrorError/noDevice(minor:)`` when there is none.
    public func volume(minor: UInt32, before deadline: UInt64) throws(MirrorError) -> MirrorStatus {
        guard let row = try status(before: deadline).first(where: { $0.minor == minor }) else {
            throw .noDevice(minor: minor)
        }
        return row
    }

    /// Ends the connection to the peer at once, without asking it, and seeks no new one.
    ///
    /// Nothing of the peer arrives here after it returned. A primary whose fencing policy is
    /// ``MirrorFencing/resourceAndStonith`` holds its writes from then on. To connect again, `drbdadm adjust` is needed: the
    /// kernel forgets the connection's settings.
    ///
    /// - Parameters:
    ///   - resource: The resource; one that has no connection is left as it is.
    ///   - deadline: Nanoseconds of the monotonic clock.
    /// - Throws: ``MirrorError``.
    public func disconnect(_ resource: String, before deadline: UInt64) throws(MirrorError) {
        guard let addresses = try volumes(of: resource, before: deadline).lazy.compactMap(\.connection).first?.addresses
        else { return }
        var attributes = NetlinkAttributeWriter()
        attributes.add(DRBDInterface.Nest.context) {
            $0.add(DRBDInterface.Context.myAddress | DRBDInterface.mandatory, addresses.mine)
            $0.add(DRBDInterface.Context.peerAddress | DRBDInterface.mandatory, addresses.peer)
        }
        attributes.add(DRBDInterface.Nest.disconnect) {
            $0.add(DRBDInterface.force | DRBDInterface.mandatory, flag: true)
        }
        try order(
            DRBDInterface.Command.disconnect, "disconnect", on: resource, attributes: attributes.bytes,
            before: deadline)
    }

    /// Makes this host primary for a device: it may be written from then on.
    ///
    /// While the policy is ``MirrorFencing/dontCare``, no handler is called. Without a connection the data get a new
    /// identifier, so that a copy that lacks what is written from here on is known as the older one.
    ///
    /// - Parameters:
    ///   - minor: The number N of `/dev/drbdN`; of several volumes, each has to be given.
    ///   - deadline: Nanoseconds of the monotonic clock.
    /// - Throws: ``MirrorError``.
    public func becomePrimary(minor: UInt32, before deadline: UInt64) throws(MirrorError) {
        try order(
            DRBDInterface.Command.primary, "become primary", on: Self.name(minor), minor: minor, before: deadline)
    }

    /// Makes this host secondary for a device.
    ///
    /// - Parameters:
    ///   - minor: The number N of `/dev/drbdN`; nobody may have it open.
    ///   - deadline: Nanoseconds of the monotonic clock.
    /// - Throws: ``MirrorError``.
    public func becomeSecondary(minor: UInt32, before deadline: UInt64) throws(MirrorError) {
        try order(
            DRBDInterface.Command.secondary, "become secondary", on: Self.name(minor), minor: minor, before: deadline)
    }

    /// Takes the disk away from a device at once, without waiting for requests that are under way.
    ///
    /// The metadata still say that this host was primary, and the activity log still covers what was under way.
    ///
    /// - Parameters:
    ///   - minor: The number N of `/dev/drbdN`.
    ///   - deadline: Nanoseconds of the monotonic clock.
    /// - Throws: ``MirrorError``.
    public func detach(minor: UInt32, before deadline: UInt64) throws(MirrorError) {
        var attributes = NetlinkAttributeWriter()
        attributes.add(DRBDInterface.Nest.detach) {
            $0.add(DRBDInterface.force | DRBDInterface.mandatory, flag: true)
        }
        try order(
            DRBDInterface.Command.detach, "detach its disk", on: Self.name(minor), minor: minor,
            attributes: attributes.bytes, before: deadline)
    }

    /// Lets held requests of a device go: with a disk they are done here alone, without one they fail.
    ///
    /// The hold is of the whole resource, the new identifier of the data is of one device: give every volume.
    ///
    /// - Parameters:
    ///   - minor: The number N of `/dev/drbdN`.
    ///   - deadline: Nanoseconds of the monotonic clock.
    /// - Throws: ``MirrorError``.
    public func resumeRequests(minor: UInt32, before deadline: UInt64) throws(MirrorError) {
        try order(
            DRBDInterface.Command.resumeIO, "resume held requests", on: Self.name(minor), minor: minor,
            before: deadline)
    }

    /// Takes a resource out of the kernel: connection, disks, devices; nobody may have them open.
    ///
    /// - Parameters:
    ///   - resource: The name; one that is not there is no error.
    ///   - deadline: Nanoseconds of the monotonic clock.
    /// - Throws: ``MirrorError``.
    public func takeDown(_ resource: String, before deadline: UInt64) throws(MirrorError) {
        var attributes = NetlinkAttributeWriter()
        attributes.add(DRBDInterface.Nest.context) {
            $0.add(DRBDInterface.Context.resource | DRBDInterface.mandatory, resource)
        }
        let answer = try answer(
            DRBDInterface.Command.down, "take it down", on: resource, attributes: attributes.bytes, before: deadline)
        guard answer.isYes || answer.isUnknownObject else {
            throw .refused(action: "take it down", on: resource, answer: answer)
        }
    }

    /// Sets what happens to a device's writes when the peer is lost, and makes sure that it is so.
    ///
    /// DRBD keeps it until the disk is detached or the settings of its files are applied again (`drbdadm adjust`).
    ///
    /// - Parameters:
    ///   - fencing: The policy; with ``MirrorFencing/resourceAndStonith`` a lost peer makes the kernel hold all writes.
    ///   - minor: The number N of `/dev/drbdN`; its disk has to be attached.
    ///   - deadline: Nanoseconds of the monotonic clock.
    /// - Returns: The policy that it had, to be set again when this one is no longer wanted.
    /// - Throws: ``MirrorError``.
    @discardableResult
    public func setFencing(
        _ fencing: MirrorFencing, minor: UInt32, before deadline: UInt64
    ) throws(MirrorError) -> MirrorFencing {
        let action = "set fencing to \(fencing)"
        let former = try volume(minor: minor, before: deadline).disk?.fencing
        if let former, former == fencing { return former }
        var attributes = NetlinkAttributeWriter()
        attributes.add(DRBDInterface.Nest.diskOptions) {
            $0.add(DRBDInterface.DiskOption.fencing | DRBDInterface.mandatory, fencing.rawValue)
        }
        try order(
            DRBDInterface.Command.changeDiskOptions, action, on: Self.name(minor), minor: minor,
            attributes: attributes.bytes, before: deadline)
        let now = try volume(minor: minor, before: deadline).disk?.fencing
        guard let former, now == fencing else {
            let found = now.map { "has fencing \($0)" } ?? "has no disk"
            throw .notTaken(action: action, on: Self.name(minor), found: found)
        }
        return former
    }

    private static func name(_ minor: UInt32) -> String { "/dev/drbd\(minor)" }
}

extension MirrorControl {
    private func order(
        _ command: UInt8, _ action: String, on object: String, minor: UInt32 = DRBDInterface.noMinor,
        attributes: [UInt8] = [], before deadline: UInt64
    ) throws(MirrorError) {
        let answer = try answer(
            command, action, on: object, minor: minor, attributes: attributes, before: deadline)
        guard answer.isYes else { throw .refused(action: action, on: object, answer: answer) }
    }

    private func answer(
        _ command: UInt8, _ action: String, on object: String, minor: UInt32 = DRBDInterface.noMinor,
        attributes: [UInt8], before deadline: UInt64
    ) throws(MirrorError) -> MirrorAnswer {
        try run(action, on: object, before: deadline) { () throws(MirrorError) in
            var socket = try MirrorSocket()
            let answer = try socket.order(command, minor: minor, attributes: attributes, before: deadline)
            guard let answer else { throw .notAnswered(action: action, on: object) }
            return answer
        }
    }

    /// Runs a call that may hang in the kernel on a thread of its own.
    func run<Value: Sendable>(
        _ action: String, on object: String, before deadline: UInt64,
        _ body: @escaping @Sendable () throws(MirrorError) -> Value
    ) throws(MirrorError) -> Value {
        let count = unanswered.withLock {
            if $0 < Self.mostUnanswered { $0 += 1 } else { return $0 }
            return 0
        }
        guard count == 0 else { throw .tooManyUnanswered(action: action, on: object, count: count) }
        let mailbox = Mailbox<Result<Value, MirrorError>>(capacity: 1)
        do throws(SystemError) {
            try Thread(name: "drbd-order") { [self] in
                let result: Result<Value, MirrorError>
                do throws(MirrorError) { result = .success(try body()) } catch { result = .failure(error) }
                unanswered.withLock { $0 -= 1 }
                mailbox.post(result)
            }.detach()
        } catch {
            unanswered.withLock { $0 -= 1 }
            throw .system(action: action, reason: error.description)
        }
        guard let result = mailbox.next(before: deadline) else { throw .notAnswered(action: action, on: object) }
        return try result.get()
    }
}
