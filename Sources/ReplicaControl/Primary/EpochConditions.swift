internal import ReplicaModel
internal import SystemKit
internal import XenToolstack

/// What a checkpoint needs to be worth anything: the replica has the guest's devices, and the disks are mirrored.
struct EpochConditions: ~Copyable {
    private let watch: DeviceWatch
    private let devices: DeviceRoster
    private let mirrors: MirrorWatch
    private let resources: [String]
    /// When to look again: at once before the first epoch, and every 100 ms while a long one lasts.
    private(set) var due = MonotonicTime(nanoseconds: 0)

    private static let interval: Milliseconds = 100

    /// Connects to xenstore; nothing is looked at yet.
    ///
    /// - Parameters:
    ///   - environment: Whose disks must be mirrored.
    ///   - seed: Which devices the replica has.
    ///   - domain: The guest.
    /// - Throws: ``SessionFailure``.
    init(
        _ environment: PrimaryWorker.Environment, _ seed: PrimaryWorker.Seed, of domain: DomainID
    ) throws(SessionFailure) {
        do throws(ToolstackError) { watch = try DeviceWatch(domain: domain) } catch { throw SessionFailure(error) }
        devices = seed.devices
        mirrors = environment.mirrors
        resources = environment.disks.map(\.resource)
    }

    /// Looks at everything; xenstore is asked.
    ///
    /// - Parameter settings: How long a mirror that holds writes may try to reconnect.
    /// - Throws: ``SessionFailure`` with ``ReasonCode/devicesChanged`` or ``ReasonCode/diskMirrorUnsound``.
    mutating func check(_ settings: ProtectionSettings) throws(SessionFailure) {
        try checkDevices()
        try checkMirrors(settings)
        due = MonotonicTime(nanoseconds: Clock.monotonic) + Self.interval
    }

    /// Demands that the guest has the devices it had: an interface that was attached since is not held (safety rule 1),
    /// and the replica has none of it.
    private func checkDevices() throws(SessionFailure) {
        let now: DeviceRoster
        do throws(ToolstackError) { now = try watch.roster() } catch { throw SessionFailure(error) }
        guard let change = devices.change(to: now) else { return }
        throw SessionFailure(.devicesChanged, "\(change); the guest needs a new protection with the devices it has now")
    }

    /// Demands that each write is still on both hosts (safety rule 3); a mirror that holds writes may reconnect for a while.
    private func checkMirrors(_ settings: ProtectionSettings) throws(SessionFailure) {
        guard !resources.isEmpty, let trouble = mirrors.trouble(of: resources),
            trouble.endsProtection(patience: settings.mirrorPatience, at: Clock.monotonic)
        else { return }
        throw SessionFailure(.diskMirrorUnsound, "DRBD does not mirror \(trouble.text); see `replicactl disk status`")
    }
}
