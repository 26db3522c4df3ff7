internal import CheckpointStream
public import ReplicaModel
public import ReplicaProtocol

extension Configuration {
    /// `[host]`: this host.
    public struct Host: Equatable, Sendable {
        /// The name that the peer's configuration uses for this host; empty stands for the system's host name.
        public var name = ""
    }

    /// `[peer]`: the other host.
    public struct Peer: Equatable, Sendable {
        /// Its name, the same as `host.name` there.
        public var name = ""
        /// Its address on the replication network: numeric, or a host name.
        public var replicationAddress = ""
        /// The port of its controller.
        public var port: UInt16 = 7788
    }

    /// `[listen]`: where this host takes replication connections.
    public struct Listen: Equatable, Sendable {
        /// This host's address on the replication network.
        public var address = ""
        /// The port of this controller.
        public var port: UInt16 = 7788
    }

    /// `[epoch]`: the rhythm of the epochs.
    public struct Epochs: Equatable, Sendable {
        /// From one epoch's start to the next one's.
        public var interval: Milliseconds = 100
        /// How long 99 of 100 frames may be held; 0 for a fixed interval.
        public var outputLatency: Milliseconds = 0
        /// With a latency budget, the least time from one epoch's start to the next one's.
        public var leastInterval: Milliseconds = 10
        /// The longest epoch: of a guest with nothing to say, and of one that back-pressure stretches.
        public var longestInterval: Milliseconds = 1_000
        /// How much of 100 the guest may stand still for epochs that begin early because output waits.
        public var earlyStandstillPercent: UInt64 = 10
        /// How much of 100 the guest may stand still for a latency budget.
        public var standstillPercent: UInt64 = 50
        /// How much of 100 of its processor time a throttled guest keeps.
        public var throttleFloorPercent: UInt64 = 30
        /// How long the strongest throttling may be too weak before the protection ends.
        public var overloadPatience: Milliseconds = 10_000
        /// How long the guest may take to suspend.
        public var suspendTimeout: Milliseconds = 2_000
        /// How long the backup may take to acknowledge.
        public var acknowledgeTimeout: Milliseconds = 2_000
    }

    /// `[memory]`: bounds of memory and of the first copy.
    public struct Memory: Equatable, Sendable {
        /// Captured or received pages that may wait, a domain.
        public var stagingLimitMebibytes = 256
        /// Rounds of the first copy before the guest is suspended for the last one.
        public var initialCopyRoundsMax = 10
        /// Dirty pages at which the first copy goes into its last round early.
        public var initialCopyDirtyPagesTarget = 1_024

        /// ``stagingLimitMebibytes`` in bytes.
        public var stagingLimitBytes: Int { stagingLimitMebibytes * 1_048_576 }
    }

    /// `[encoding]`: how pages are made small for the way to the backup.
    public struct Encoding: Equatable, Sendable {
        /// Whether pages are encoded.
        public var scheme = Scheme.auto
        /// Pages sent last that each host keeps of a domain, to send only what changed.
        public var cacheMebibytes = 64
        /// Threads that encode the pages of one domain.
        public var threads: UInt16 = 2

        /// How pages are encoded.
        public enum Scheme: String, CaseIterable, Equatable, Sendable {
            /// Each page in the way that pays.
            case auto
            /// The same without LZ4, for networks that are faster than it.
            case fast
            /// Without LZ4, but whole batches packed with zstd, for networks so thin that this takes less time.
            case thin
            /// Every page as it is.
            case none
        }

        /// ``cacheMebibytes`` in bytes.
        public var cacheBytes: Int { cacheMebibytes * 1_048_576 }

        /// What a backup is asked to do as well; `nil` when pages are sent as they are.
        var terms: EncodingTerms? {
            guard scheme != .none else { return nil }
            return EncodingTerms(
                shards: threads, cacheBytes: UInt64(cacheBytes), packing: scheme == .thin ? .zstd : .none)
        }
    }

    /// `[output]`: the output that is held.
    public struct Output: Equatable, Sendable {
        /// Frames that may wait, an interface; further ones are dropped.
        public var limitMebibytes = 64

        /// ``limitMebibytes`` in bytes.
        public var limitBytes: Int { limitMebibytes * 1_048_576 }
    }

    /// `[disk]`: mirrored disks.
    public struct Disks: Equatable, Sendable {
        /// How long the backup may take to begin an undo log while the guest stands still.
        public var barrierTimeout: Milliseconds = 1_000
        /// How long a mirror may be broken, with the guest's writes held, before the protection ends.
        public var mirrorPatience: Milliseconds = 3_000
        /// What one disk may overwrite in one epoch and still be taken back.
        public var undoLimitMebibytes = 128
        /// In what pieces a disk's old content is saved.
        public var undoChunkKibibytes: UInt32 = 16

        /// ``undoLimitMebibytes`` in bytes.
        public var undoLimitBytes: Int { undoLimitMebibytes * 1_048_576 }
        /// ``undoChunkKibibytes`` in sectors of 512 bytes.
        public var undoChunkSectors: UInt32 { undoChunkKibibytes * 2 }
    }

    /// `[heartbeat]`: the failure detector.
    public struct Heartbeats: Equatable, Sendable {
        /// From one heartbeat to the next.
        public var interval: Milliseconds = 50
        /// Heartbeats that must be missing on every path before the peer counts as dead.
        public var misses: UInt64 = 8
        /// How long the primary may release output after the last word from the backup.
        public var lease: Milliseconds = 400
        /// What the backup waits beyond the lease, for clocks that do not run alike.
        public var driftMargin: Milliseconds = 50
        /// The file with the key that both hosts share.
        public var keyFile = "/etc/replicactl/heartbeat.key"
        /// The `SCHED_FIFO` priority of the detector's thread.
        public var realtimePriority: Int32 = 50
        /// Where the controller reaches the heartbeat service of its own host; at most 107 bytes.
        public var socket = "/run/replicactl/heartbeat.sock"
        /// The ways that heartbeats take.
        public var paths: [Path] = []

        /// The most paths that there may be.
        static let pathLimit = 4

        /// `[[heartbeat.path]]`: one way that heartbeats take.
        public struct Path: Equatable, Sendable {
            /// A name for logs and `status`.
            public var name = ""
            /// Which network this is.
            public var network = Network.replication
            /// This host's numeric address on it.
            public var localAddress = ""
            /// The peer's numeric address on it.
            public var peerAddress = ""
            /// The UDP port, the same on both hosts.
            public var port: UInt16 = 7789
            /// The interface whose carrier says whether the cable is in; empty for none.
            public var carrierInterface = ""
        }

        /// The two networks of a host.
        public enum Network: String, CaseIterable, Equatable, Sendable {
            /// Guests, clients and management.
            case lan
            /// Replication alone.
            case replication
        }
    }

    /// `[takeover]`: how a replica becomes the guest.
    public struct Takeover: Equatable, Sendable {
        /// Who connects the guest's devices.
        public var hotplug = Hotplug.direct

        /// Ways to connect the host ends of a guest's interfaces and disks.
        public enum Hotplug: String, CaseIterable, Equatable, Sendable {
            /// The controller, where Xen's stock script would do nothing else; the scripts do the others.
            case direct
            /// Xen's scripts, all of them.
            case scripts
        }
    }

    /// `[announce]`: how a guest's new place is made known after a failover.
    public struct Announce: Equatable, Sendable {
        /// How many times.
        public var rounds = 5
        /// The wait before the second round; the first goes out at once.
        public var initial: Milliseconds = 50
        /// By how much each wait is longer than the one before.
        public var step: Milliseconds = 100
        /// The longest wait.
        public var max: Milliseconds = 550
        /// When a late batch goes out, after the first round; 0 for none.
        public var lateBatch: Milliseconds = 5_000
        /// How many times the late batch announces.
        public var lateRounds = 3
    }

    /// `[policy]`: who decides what.
    public struct Policy: Equatable, Sendable {
        /// Whether the primary gives its guests to the backup when its guest network loses the carrier.
        public var moveWhenLanIsLost = true
        /// How long a carrier must be away before it counts as lost.
        public var carrierDelay: Milliseconds = 500
        /// Who may go on alone when the hosts do not hear each other.
        public var ownership = OwnershipPolicy.safeByLease
        /// How long to wait after a question to the witness that got no answer, or after fencing that failed.
        public var retryDelay: Milliseconds = 1_000
        /// When a domain that lost its replica gets a new one.
        public var reprotect = Reprotection.Mode.automatic
        /// How long the other host must have been there, with ``Reprotection/Mode/delayed``.
        public var reprotectDelay: Milliseconds = 60_000
        /// How long the backup's controller may be away, on a host that is there, before its replica counts as gone.
        public var peerControllerPatience: Milliseconds = 10_000
    }

    /// `[witness]`: the etcd cluster that decides who owns a domain.
    public struct WitnessAccess: Equatable, Sendable {
        /// Its members' URLs.
        public var endpoints: [String] = []
        /// The pair's name at the witness, the same on both hosts.
        public var cluster = "replicactl"
        /// For `https`: the authorities that may vouch for the witness; empty for none.
        public var authorityFile = ""
        /// For `https`: this host's certificate; empty for none.
        public var certificateFile = ""
        /// For `https`: the certificate's key; empty for none.
        public var keyFile = ""
        /// How long a question may take.
        public var timeout: Milliseconds = 1_000
        /// How much longer the backup waits before it asks, so that a primary which is alive comes first.
        public var headStart: Milliseconds = 500
        /// How long this host counts as present after its last word.
        public var presenceSeconds = 5
    }

    /// `[fencing]`: a fence-agents command that stops the other host.
    public struct FencingAgent: Equatable, Sendable {
        /// The agent's path; empty for no fencing.
        public var agent = ""
        /// The agent's options, each `name=value`.
        public var options: [String] = []
        /// What the agent is told to do.
        public var action = Action.off
        /// How long it may take.
        public var timeout: Milliseconds = 30_000
        /// How much longer the backup waits before it fences where no witness chose it.
        public var delay: Milliseconds = 5_000
        /// Whether the agent is asked afterwards for the host's state, and only that is believed.
        public var verify = false

        /// What an agent is told to do.
        public enum Action: String, CaseIterable, Equatable, Sendable {
            /// Switch the host off, and leave it so.
            case off
            /// Switch it off and on again.
            case reboot
        }
    }

    /// `[watchdog]`: the hypervisor resets a host whose Dom0 hangs.
    public struct Watchdog: Equatable, Sendable {
        /// How long after the heartbeat's last beat; 0 for no watchdog.
        public var timeoutSeconds: UInt32 = 0
    }

    /// `[domain.NAME]`: settings of one domain.
    public struct Domain: Equatable, Sendable {
        /// The domain's own epoch interval; `nil` for the general one.
        public var interval: Milliseconds?
        /// The domain's own latency budget; `nil` for the general rhythm.
        public var outputLatency: Milliseconds?
        /// Its numeric IPv4 and IPv6 addresses, to announce after a failover.
        public var addresses: [String] = []
    }

    /// `[storage]`: where state is kept.
    public struct Storage: Equatable, Sendable {
        /// An absolute path; holds generations and what a restarted controller needs.
        public var stateDirectory = "/var/lib/replicactl"
    }

    /// `[control]`: the control socket.
    public struct Control: Equatable, Sendable {
        /// An absolute path, at most 107 bytes.
        public var socket = "/run/replicactl/control.sock"
    }

    /// `[log]`: what is logged.
    public struct Logging: Equatable, Sendable {
        /// The least serious messages that are written.
        public var level = Level.info
        /// The size at which the event log begins a new file; one older file is kept.
        public var eventLogLimitMebibytes = 16

        /// ``eventLogLimitMebibytes`` in bytes.
        public var eventLogLimitBytes: Int { eventLogLimitMebibytes * 1_048_576 }

        /// The levels, as the journal has them.
        public enum Level: String, CaseIterable, Equatable, Sendable {
            /// Actions that failed.
            case error
            /// Reduced protection.
            case warning
            /// Changes of state.
            case notice
            /// What explains them.
            case info
            /// Everything.
            case debug
        }
    }
}
