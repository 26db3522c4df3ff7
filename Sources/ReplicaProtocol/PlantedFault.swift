// Bugs that can be switched on one at a time, to show that the checks of the safety rules find them.

#if PLANTED_FAULTS
    private import Glibc
#endif

/// A bug that was planted.
///
/// Only debug builds and builds with `-DPLANTED_FAULTS` can switch one on; in a build for use ``PlantedFaults`` is empty
/// and the compiler takes every trace of them out.
public enum PlantedFault: String, CaseIterable, Sendable {
    /// Output is let go from its barrier on, before the backup has acknowledged anything (safety rule 1).
    case releaseBeforeAcknowledgement = "release-before-acknowledgement"
    /// The lease is not looked at before a release, so a thawed host lets output go (safety rule 2).
    case releaseWithoutLease = "release-without-lease"
    /// Output is opened as soon as the connection is lost, with the replica still armed (safety rule 2).
    case openOnLostConnection = "open-on-lost-connection"
    /// A restarted controller opens the output that it finds held (safety rule 1).
    case openOnAdoption = "open-on-adoption"
    /// Any echo renews the lease, also one that comes with the word that the backup takes over (safety rule 2).
    case anyEchoRenews = "any-echo-renews"
    /// The claim that a replica is gone counts whatever generation it is of (safety rule 2).
    case anyGenerationDisarms = "any-generation-disarms"
    /// A primary with a dead LAN port believes that its peer is the one that is dead (safety rule 2).
    case ignoresOwnCarrier = "ignores-own-carrier"
    /// The handover is sent before it is on disk, so a restarted controller does not know of it (safety rule 2).
    case handoverNotRecorded = "handover-not-recorded"
    /// A handover whose connection breaks is taken back (safety rule 2).
    case handoverTakenBack = "handover-taken-back"
    /// The final checkpoint of a handover is an epoch that was under way before, while the guest ran on (safety rule 4).
    case handoverOfAnOlderEpoch = "handover-of-an-older-epoch"
    /// The answer to an earlier question decides the present one (safety rule 2).
    case anyAnswerWillDo = "any-answer-will-do"
    /// A fencing agent that failed counts as one that stopped the peer (safety rule 2).
    case failedFencingWillDo = "failed-fencing-will-do"
    /// The backup takes over without asking the witness (safety rule 2).
    case takeoverWithoutWitness = "takeover-without-witness"
    /// A bid that the witness refused is repeated against whatever record stands (safety rule 2).
    case refusalOverridden = "refusal-overridden"
    /// The backup waits for the detector only, not for the end of the lease and its margin (safety rule 2).
    case takeoverWithinLease = "takeover-within-lease"
    /// The backup waits for the end of the lease, and for no difference between the clocks (safety rule 2).
    case noDriftMargin = "no-drift-margin"
    /// The backup takes over under the generation of the primary (safety rule 2).
    case generationNotRaised = "generation-not-raised"
    /// The backup does not withdraw the lease before it takes over (safety rule 2).
    case leaseNotWithdrawn = "lease-not-withdrawn"
    /// A replica is used after a freeze of its host without the primary's confirmation (safety rule 4).
    case replicaUsedAfterStall = "replica-used-after-stall"
    /// A checkpoint is acknowledged while it is still arriving (safety rules 1 and 4).
    case acknowledgeBeforeVerification = "acknowledge-before-verification"
    /// An acknowledged checkpoint is not handed to the restore helper (safety rule 4).
    case acknowledgedEpochDropped = "acknowledged-epoch-dropped"
    /// The domain runs before its new generation is on disk (safety rule 2).
    case activationNotRecorded = "activation-not-recorded"
    /// A primary of an older generation may make a replica (safety rule 2).
    case oldGenerationAdmitted = "old-generation-admitted"
    /// A host that owned a domain under a newer generation says that it has no replica of it (safety rule 2).
    case answersAsOwner = "answers-as-owner"
    /// The backup fences as soon as it may, so that two hosts that only do not hear each other switch each other off.
    case noFenceDelay = "no-fence-delay"
    /// The primary does not believe the peer's word that the replica is gone, and holds its output for ever (safety rule 5).
    case disarmedIsNotHeard = "disarmed-is-not-heard"
    /// The primary waits without end for a controller that is away on a host that is there (safety rule 5).
    case deadControllerIsWaitedFor = "dead-controller-is-waited-for"
    /// A takeover has no reason on record (safety rule 7).
    case takeoverNotRecorded = "takeover-not-recorded"
    /// A report of before a freeze counts as what is true now (safety rule 2).
    case oldReportsCount = "old-reports-count"
    /// An epoch that wrote to the disks has no disk barrier (safety rule 3).
    case diskBarrierLeftOut = "disk-barrier-left-out"
    /// The guest runs on before the backup's disk barrier stands (safety rule 3).
    case resumedBeforeDiskBarrier = "resumed-before-disk-barrier"
    /// The older undo log is dropped at the next barrier, before its epoch is committed (safety rule 3).
    case undoDroppedAtBarrier = "undo-dropped-at-barrier"
    /// A takeover uses the newest barrier, also one whose epoch was never committed (safety rule 3).
    case rolledBackToTheNewestBarrier = "rolled-back-to-the-newest-barrier"
    /// A takeover leaves the disks as the dead host wrote them last (safety rule 3).
    case disksNotRolledBack = "disks-not-rolled-back"

    /// Those that `REPLICACTL_PLANTED_FAULT` names, with commas between; none in a build for use.
    public static var ofEnvironment: PlantedFaults {
        #if PLANTED_FAULTS
            guard let names = getenv("REPLICACTL_PLANTED_FAULT") else { return PlantedFaults() }
            let faults = String(cString: names).split(separator: ",").compactMap { PlantedFault(rawValue: String($0)) }
            return PlantedFaults(Set(faults))
        #else
            return PlantedFaults()
        #endif
    }
}

/// The bugs that are switched on.
public struct PlantedFaults: Equatable, Sendable {
    #if PLANTED_FAULTS
        private let faults: Set<PlantedFault>

        /// Switches bugs on.
        ///
        /// - Parameter faults: Which.
        public init(_ faults: Set<PlantedFault> = []) { self.faults = faults }
    #else
        /// Makes the empty set, the only one there is in a build for use.
        public init() {}
    #endif

    /// Whether a bug is switched on.
    @inline(__always) public func contains(_ fault: PlantedFault) -> Bool {
        #if PLANTED_FAULTS
            faults.contains(fault)
        #else
            false
        #endif
    }
}
