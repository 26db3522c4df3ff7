extension ReasonCode {
    /// What the code says and, where there is something to do, what to do; full sentences for `docs/reasons.md`.
    public var meaning: String {
        switch self {
        case .operatorRequest: "An operator asked for it with a command."
        case .cancelled: "The request was cancelled before it was done; the guest runs on untouched."
        case .usage: "The command line is wrong; `replicactl help` shows the right form."
        case .controllerNotReachable:
            "The controller does not answer on its socket. See `systemctl status replicactl-controller`."
        case .internalFault: "A fault in replicactl itself. Please report it with the journal of that time."
        case .busy: "Another request for the same domain is at work. Wait for it, or cancel it."
        case .notRoot: "Only root may use the controller."
        case .notControlDomain:
            "This system is not the control domain (Dom0) of a Xen host, or Xen's services are down."
        case .badConfiguration: "The configuration file is missing or wrong; every error is named with its line."
        case .keyFile:
            "The file of the heartbeat's key is missing, of use to others than root, or no key; or a new one cannot be written."
        case .unknownDomain: "No domain of this host has that name. `xl list` shows the names."
        case .domainNotRunning: "The domain is shut down, crashed, dying or paused. Start it, then protect it."
        case .alreadyProtected: "The domain is protected, or on the way to it."
        case .notProtected: "The domain is not protected by this host."
        case .unknownPeer: "`--to` names a host that is not the peer of the configuration."
        case .paravirtualWithoutShadowPaging:
            "The guest is paravirtual (PV) and this hypervisor has no shadow paging. Use a PVH guest."
        case .deviceModelNotSupported:
            "The guest needs a device model (HVM), which is not supported yet. Use a PVH guest."
        case .noSuspendSupport:
            "The guest's kernel does not answer suspend requests. It needs Xen drivers and xenbus running."
        case .passThroughDevice: "A PCI or USB device is passed through; its state cannot be copied. Take it out."
        case .ballooning: "The guest's memory is being changed. Wait until it has its target."
        case .diskNotReplicated: "A disk of the guest can be written and is not mirrored to the peer."
        case .interfaceNotSupported: "A network interface cannot be held back (not on a bridge of this control domain)."
        case .startsAtBoot:
            "This host starts the guest when it boots (/etc/xen/auto). After a failover that would be a second copy."
        case .notProtectable: "The guest cannot be protected; `replicactl check` names every obstacle."
        case .peerUnreachable:
            "No connection to the peer. Check its power, its controller, the cable and the addresses."
        case .peerRefused: "The peer said no; its answer is in the message."
        case .protocolVersionMismatch:
            "The hosts run versions that do not understand each other. Upgrade the older one."
        case .peerMemoryShort: "The peer has too little free memory for the replica."
        case .peerBridgeMissing: "The peer has no bridge of the name that the guest uses."
        case .peerProcessorFeatures: "The peer's processor lacks features that the guest sees. Level the CPUID policy."
        case .peerNameTaken: "The peer runs another domain of the same name or identity."
        case .staleGeneration: "The message belongs to an older generation: the other host owns the domain now."
        case .initialCopyFailed: "The first copy of the guest did not come to its end; the guest runs on unprotected."
        case .peerDead: "The heartbeat says that the peer is dead."
        case .connectionLost: "The replication connection broke."
        case .acknowledgeTimeout: "The backup did not acknowledge an epoch within `epoch.acknowledge_timeout_ms`."
        case .suspendTimeout: "The guest did not suspend within `epoch.suspend_timeout_ms`."
        case .stagingLimit:
            "An epoch needs more than `memory.staging_limit_mib`. Raise it, or shorten the interval; with a latency budget,"
                + " lower `epoch.interval_max_ms`."
        case .memoryShort:
            "Dom0 of this host has too little memory for the page caches. Give it more, or lower `encoding.cache_mib`."
        case .peerControllerLost:
            "The other host is there, but its controller has been away for longer than a restart takes: its replica is gone."
        case .moveAbandoned: "A move to the other host was given up before the guest was handed over; it runs on here."
        case .leaseExpired: "The lease ran out, so output is held: the peer may own the domain now (safety rule 2)."
        case .lanLost: "The primary's guest network lost its carrier, so clients cannot reach the guest there."
        case .captureFailed: "Memory or vCPU state of the guest could not be read; the message names the call."
        case .devicesChanged:
            "A network interface or a disk was attached or detached; the guest is protected anew with what it has now."
        case .diskMirrorFailed: "DRBD could not be asked or did not do what it was told; the message says what and why."
        case .diskMirrorUnsound:
            "DRBD does not keep both copies of a disk alike now, or cannot be rolled back; the message says what to do."
        case .diskLayerFailed:
            "The undo log below a disk could not be made, used or removed; the message names the call."
        case .undoLogLost:
            "The guest wrote more in one epoch than the backup's undo log holds. Raise `disk.undo_limit_mib`, or shorten the"
                + " interval; with a latency budget, lower `epoch.interval_max_ms`."
        case .diskBarrierTimeout:
            "The backup did not begin an undo log of the disks in time. Look at the backup and at the replication network."
        case .diskBarrierMissing:
            "A checkpoint came without the disk barrier that belongs to it; the replica was given up."
        case .diskUnfit:
            "A disk cannot be put on the epoch layer, or taken off it, as it is now; nothing was changed. The message says why."
        case .diskChangeFailed:
            "A change to a disk's epoch layer did not come to its end; the message says what was undone and what is left to do."
        case .outputBufferFailed: "The guest's output could not be held or released; the message names the call."
        case .guestShutDown: "The guest shut itself down, on purpose; the replica is discarded."
        case .guestRebooted:
            "The guest rebooted; the replica is discarded, and the domain is treated as its `on_reboot` says."
        case .guestCrashed: "The guest crashed; the domain is treated as its `on_crash` says."
        case .guestWatchdog: "The guest's watchdog ran out; the domain is treated as its `on_watchdog` says."
        case .guestSoftReset: "The guest starts another kernel in place, and is made anew instead."
        case .guestDestroyed: "The domain was destroyed, saved or migrated away with `xl`; the replica is discarded."
        case .guestRestarted: "The guest was made anew from its configuration after it had ended, and runs."
        case .guestKept:
            "The guest's configuration wants the ended domain kept; it stays, shut down, for somebody to look at."
        case .guestActionFailed:
            "What the configuration wants done with an ended guest failed; the message names the step."
        case .controllerRestarted: "The controller was started again and took over what it found."
        case .controllerStopping: "The controller is being stopped."
        case .peerTookOver: "The peer activated its replica; this host's copy stays down (safety rule 2)."
        case .isolated:
            "The peer is silent on every path and this host's guest network has no carrier: this host is cut off and"
                + " holds the guest's output, because the peer may take over."
        case .primaryDead: "The heartbeat says that the primary is dead and its lease has run out."
        case .primaryGaveUp: "The primary asked the backup to give the replica up, or runs the guest without it."
        case .primaryEnded: "The primary ended protection in good order; the replica is not needed."
        case .checkpointCorrupt: "A checkpoint failed its checksum or its structure is wrong; it was refused."
        case .restoreFailed: "Xen's toolstack on the backup could not build or run the replica; see its journal."
        case .activated: "The replica was activated and runs here."
        case .activationFailed:
            "The replica could not be started after the decision to take over. Look at the journal of this host;"
                + " the guest does not run here."
        case .handedOver: "The primary handed the domain over while it was still alive."
        case .ownLanLost:
            "The primary is silent, but this host's own guest network has no carrier: clients could not reach the"
                + " guest here, so the replica is not activated."
        case .unconfirmedAfterStall:
            "The primary is silent, but this host stood still before that and the primary has not confirmed the"
                + " replica since: it may be older than what clients saw, so it is not activated."
        case .controllerStarted: "The controller of this host was started."
        case .replicaRequested: "The primary asked this host to hold a replica; its first copy comes in."
        case .replicaArmed: "The first whole checkpoint is here: the replica can take over."
        case .guestProtected: "The backup acknowledged a checkpoint: from now on it covers the guest."
        case .leaseRenewed: "The backup was heard again while its replica was armed: output is released again."
        case .peerAlive: "The heartbeat hears the peer."
        case .heartbeatLost:
            "This host's heartbeat service does not answer: nothing is concluded from silence until it is back."
                + " See `systemctl status replicactl-heartbeat`."
        case .carrierLost: "A network port of this host lost its carrier. Look at its cable and its switch."
        case .carrierBack: "A network port of this host has its carrier again."
        case .replicationLinkLost:
            "This host's replication port has lost its carrier, so no checkpoint can reach the backup. Look at the cable."
        case .storageFailed:
            "A decision could not be written to disk. Free space or mend the file system under `storage.state_directory`."
        case .switchover: "An operator moves the domain to the other host."
        case .operatorOrder:
            "An operator ordered it, having made sure that the other host does not run the domain."
        case .ownerUnknown:
            "The other host is silent and may have taken over, so output stays held (safety rule 2). If that host is surely"
                + " off, `replicactl takeover` lets the guest go on here."
        case .awaitingOperator:
            "The primary is silent, and the policy leaves the takeover to an operator. If that host is surely off,"
                + " `replicactl takeover` makes the replica the domain."
        case .ownedElsewhere:
            "The witness has another host on record as the owner of the domain. Look at `replicactl status` there."
        case .ownershipDiffers:
            "The two hosts decide by different rules who may go on alone, so both could. Set `policy.ownership`, the"
                + " witness's cluster and the fencing agent alike."
        case .witnessGranted: "The witness put the change of owner on record."
        case .peerFenced: "The fencing agent has stopped the other host."
        case .guestLost:
            "The guest went down with this host. If the other host has its replica, it runs there; else start it anew."
        case .replicaGone:
            "The other host has no replica of the guest any more. Start the guest anew where it is wanted."
        case .reprotecting: "A guest without a replica is given a new one by the policy `policy.reprotect`."
        case .bootFileMissing:
            "A file that the guest is started from (kernel, ramdisk) is not on this host, so it could not be made anew"
                + " after a reboot."
        case .leaseWithdrawn:
            "The backup hears nothing of the primary; it has withdrawn the lease and waits until the primary's right has run out."
        case .bidBegun: "The backup asks the witness or the fencing agent for the domain."
        case .witnessRecordMissing:
            "The witness has no record of this protection: it was emptied or restored, or is another one. The replica is kept; check `witness.endpoints` and `witness.cluster` on both hosts."
        case .witnessRefused: "The witness gave the domain to the other host, so this one does not go on with it."
        case .witnessUnreachable:
            "The witness does not answer, so the owner cannot change now. Protection goes on; look at the witness."
        case .witnessUncertain:
            "The witness was asked and its answer is not known, while the primary is back: the replica is given up so that"
                + " the primary can go on."
        case .guestThrottled:
            "The guest writes faster than the link or the backup can take, also with the longest epochs, and gets less processor"
                + " time. See `epoch.throttle_percent_min`; to let epochs take longer first, raise `epoch.interval_max_ms`, and"
                + " `epoch.acknowledge_timeout_ms` to at least twice that."
        case .throttleLifted:
            "The guest has all of its processor time back; the message says why."
        case .throttleFailed:
            "The guest's processor time could not be changed; the message names the call. Without it a guest that writes too fast"
                + " loses its protection earlier."
        case .overloaded:
            "The guest writes faster than the link or the backup can take, also throttled, so its protection ended. Give the"
                + " replication network more bandwidth, or raise `epoch.interval_max_ms`, and `epoch.acknowledge_timeout_ms` to at"
                + " least twice that."
        case .fencingFailed:
            "The fencing agent could not stop the other host, so nobody takes over. Try its command by hand."
        }
    }
}
