// Follows DRBD's events on a thread of its own, so that sessions know at once when a disk is not mirrored any more.

internal import DiskMirror
internal import ReplicaModel
internal import Synchronization
internal import SystemKit
internal import Telemetry

/// What DRBD tells of all its resources; one for the whole controller, begun with the first guest that has disks.
final class MirrorWatch: Sendable {
    private struct State {
        var isStarted = false
        /// Since when nothing is known, in nanoseconds of the monotonic clock; `nil` while DRBD is followed.
        var unknownSince: UInt64? = Clock.monotonic
        var resources: [String: MirrorState] = [:]
        var troubles: [String: MirrorTrouble] = [:]
    }

    private let state = Mutex(State())

    /// The pause before DRBD is followed anew after a failure, in milliseconds.
    private static let pause: UInt64 = 1_000

    /// Begins to follow, once.
    ///
    /// - Throws: ``SessionFailure`` when there can be no thread.
    func start() throws(SessionFailure) {
        let isFirst = state.withLock { state in
            defer { state.isStarted = true }
            return !state.isStarted
        }
        guard isFirst else { return }
        state.withLock { $0.unknownSince = Clock.monotonic }
        do throws(SystemError) { try Thread(name: "drbd-events") { [self] in run() }.detach() } catch {
            state.withLock { $0.isStarted = false }
            throw SessionFailure(error)
        }
    }

    /// What is wrong with any of some resources; the one that the protection has the least patience with.
    ///
    /// - Parameter resources: Their names.
    /// - Returns: `nil` when all are mirrored.
    func trouble(of resources: [String]) -> MirrorTrouble? {
        state.withLock { state in
            if let since = state.unknownSince {
                return MirrorTrouble(text: "cannot be followed", isHeld: true, since: since)
            }
            let troubles = resources.compactMap { state.troubles[$0] ?? Self.missing($0, state) }
            return troubles.min { ($0.isHeld ? 1 : 0, $0.since) < ($1.isHeld ? 1 : 0, $1.since) }
        }
    }

    /// What is wrong with this host's own copies of some resources: no replica can be taken over with them.
    ///
    /// - Parameter resources: Their names.
    /// - Returns: `nil` when all are good, or while nothing is known.
    func lostCopy(of resources: [String]) -> String? {
        state.withLock { state in
            guard state.unknownSince == nil else { return nil }
            for resource in resources {
                guard let known = state.resources[resource] else { return "\(resource): the resource is gone" }
                if let lost = known.volumes.values.first(where: { $0.disk != .upToDate }) {
                    return "\(resource): the copy here is \(lost.disk)"
                }
            }
            return nil
        }
    }

    /// The state of a guest's disks for status.
    ///
    /// - Parameter resources: Their names.
    /// - Returns: `nil` for a guest that writes to no disk.
    func status(of resources: [String]) -> [DiskStatus]? {
        guard !resources.isEmpty else { return nil }
        return state.withLock { state in
            resources.map { resource in
                guard state.unknownSince == nil else { return DiskStatus(resource: resource) }
                let trouble = (state.troubles[resource] ?? Self.missing(resource, state))?.text
                return DiskStatus(resource: resource, mirrored: trouble == nil, trouble: trouble)
            }
        }
    }

    private static func missing(_ resource: String, _ state: State) -> MirrorTrouble? {
        guard state.resources[resource] == nil else { return nil }
        return MirrorTrouble(text: "\(resource): the resource is gone", isHeld: false, since: 0)
    }

    private func run() {
        while true {
            do throws(MirrorError) { try follow() } catch {
                Log.warning("DRBD cannot be followed", ("REPLICACTL_DETAIL", error.description))
            }
            state.withLock { state in
                state.unknownSince = state.unknownSince ?? Clock.monotonic
                state.troubles = [:]
            }
            Clock.sleep(milliseconds: Self.pause)
        }
    }

    private func follow() throws(MirrorError) {
        var events = try MirrorEvents()
        var table = MirrorTable()
        while true {
            guard let event = try events.next(before: Clock.monotonic + 60_000_000_000) else { continue }
            table.apply(event)
            if table.isComplete { take(table) }
        }
    }

    private func take(_ table: MirrorTable) {
        let now = Clock.monotonic
        state.withLock { state in
            state.unknownSince = nil
            state.resources = table.resources
            state.troubles = table.resources.compactMapValues { MirrorTrouble($0, before: state.troubles, now: now) }
        }
    }
}
