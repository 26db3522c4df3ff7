#if PLANTED_FAULTS
    private import Glibc

    /// Bugs that are switched on one at a time, to show that the checks of the safety rules find them.
    ///
    /// They are in debug builds and in builds with `-DPLANTED_FAULTS` only; a build for use has none of this.
    public enum PlantedFault: String, CaseIterable, Sendable {
        /// Output is let go from its barrier on, before the backup has acknowledged anything (safety rule 1).
        case releaseBeforeAcknowledgement = "release-before-acknowledgement"
        /// The lease is not looked at before a release (safety rule 2).
        case releaseWithoutLease = "release-without-lease"
        /// Output is opened as soon as the connection is lost, with the replica still armed (safety rule 2).
        case openOnLostConnection = "open-on-lost-connection"

        /// Those that `REPLICACTL_PLANTED_FAULT` names, with commas between.
        public static var ofEnvironment: Set<PlantedFault> {
            guard let names = getenv("REPLICACTL_PLANTED_FAULT") else { return [] }
            return Set(String(cString: names).split(separator: ",").compactMap { PlantedFault(rawValue: String($0)) })
        }
    }
#endif
