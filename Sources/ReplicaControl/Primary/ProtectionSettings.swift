internal import CheckpointStream
public import Pacing
public import ReplicaModel

/// The configuration's values that one protection uses; replaced as a whole when they are tuned.
public struct ProtectionSettings: Equatable, Sendable {
    /// When epochs begin, and what is done when the link or the backup cannot follow.
    public var pacing: PacingRules
    /// Whether ``pacing`` has its goal from `replicactl tune`.
    public var isTuned: Bool
    /// How long the guest may take to suspend.
    public var suspendTimeout: Milliseconds
    /// How long the backup may take to acknowledge.
    public var acknowledgeTimeout: Milliseconds
    /// How long the backup may take to begin an undo log of the disks.
    public var diskBarrierTimeout: Milliseconds
    /// How long a disk's mirror may be broken.
    public var mirrorPatience: Milliseconds
    /// How long the backup may take to make a replica's shell.
    public var readyTimeout: Milliseconds
    /// The bound of captured pages, in bytes.
    public var stagingBytes: Int
    /// Whether single pages are tried with LZ4, where they are encoded.
    public var packsPages: Bool
    /// The bound of held output of one interface, in bytes.
    public var outputLimitBytes: UInt32
    /// Rounds of the first copy before the last one.
    public var copyRounds: Int
    /// Dirty pages at which the first copy goes into its last round early.
    public var copyTarget: Int

    /// Takes the values for one domain from the configuration.
    ///
    /// - Parameters:
    ///   - configuration: The whole configuration.
    ///   - domain: The domain's name.
    ///   - tuned: What an operator asked for by `replicactl tune`; `nil` for what the configuration says.
    public init(_ configuration: Configuration, domain: String, tuned: PacingRules.Goal? = nil) {
        let epoch = configuration.epoch
        pacing = PacingRules(
            goal: tuned ?? configuration.pacingGoal(of: domain), least: epoch.leastInterval,
            most: epoch.longestInterval,
            earlyPercent: epoch.earlyStandstillPercent, standstillPercent: epoch.standstillPercent,
            throttleFloor: epoch.throttleFloorPercent, overloadPatience: epoch.overloadPatience,
            acknowledgeBound: epoch.acknowledgeTimeout,
            pageCapacity: UInt64(PageDataLayout.pages(fittingIn: configuration.memory.stagingLimitBytes)))
        isTuned = tuned != nil
        suspendTimeout = configuration.epoch.suspendTimeout
        acknowledgeTimeout = configuration.epoch.acknowledgeTimeout
        diskBarrierTimeout = configuration.disk.barrierTimeout
        mirrorPatience = configuration.disk.mirrorPatience
        readyTimeout = 60_000
        stagingBytes = configuration.memory.stagingLimitBytes
        packsPages = configuration.encoding.scheme == .auto
        outputLimitBytes = UInt32(clamping: configuration.output.limitBytes)
        copyRounds = configuration.memory.initialCopyRoundsMax
        copyTarget = configuration.memory.initialCopyDirtyPagesTarget
    }

    /// These settings with everything of newer ones that a running session can follow: memory and buffers were made once.
    func following(_ new: ProtectionSettings) -> ProtectionSettings {
        var result = new
        result.stagingBytes = stagingBytes
        result.outputLimitBytes = outputLimitBytes
        result.pacing.pageCapacity = pacing.pageCapacity
        return result
    }
}
