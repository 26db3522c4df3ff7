/// The numbers of DRBD 8.4's netlink interface, as far as they are used here.
///
/// They are the kernel's (Linux 6.1, `include/linux/drbd_genl.h` and `drbd.h`), kept stable for `drbdsetup`. No package
/// gives these headers to programs, so the numbers are named here once more. Numbers of all kinds are in the host's
/// byte order.
enum DRBDInterface {
    static let family = "drbd"
    static let eventGroup = "events"
    /// The version of the family in the kernel's own module; DRBD 9 has another one, and other numbers.
    static let version: UInt8 = 1
    /// The major number of `/dev/drbdN`.
    static let major: UInt32 = 147
    /// A request that names its object by attributes carries this in place of a minor number.
    static let noMinor = UInt32.max
    /// `DRBD_GENLA_F_MANDATORY`: the kernel refuses the request when it does not know the attribute.
    static let mandatory: UInt16 = 1 << 14
    /// `NLA_F_NESTED`.
    static let nested: UInt16 = 1 << 15
    /// What is left of an attribute's type without `NLA_F_NESTED`, `NLA_F_NET_BYTEORDER` and the flag above.
    static let attributeTypeMask: UInt16 = 0x1FFF

    enum Command {
        static let getStatus: UInt8 = 2
        static let disconnect: UInt8 = 11
        static let primary: UInt8 = 14
        static let secondary: UInt8 = 15
        static let detach: UInt8 = 18
        static let resumeIO: UInt8 = 24
        static let down: UInt8 = 27
        static let changeDiskOptions: UInt8 = 28
        static let resourceState: UInt8 = 34
        static let deviceState: UInt8 = 35
        static let connectionState: UInt8 = 36
        static let peerDeviceState: UInt8 = 37
        static let getInitialState: UInt8 = 38
        static let helper: UInt8 = 40
        static let initialStateDone: UInt8 = 41
    }

    /// Attributes at the top of a message; each is a nest.
    enum Nest {
        static let reply: UInt16 = 1
        static let context: UInt16 = 2
        static let diskOptions: UInt16 = 3
        static let resourceOptions: UInt16 = 4
        static let netOptions: UInt16 = 5
        static let stateInfo: UInt16 = 8
        static let disconnect: UInt16 = 12
        static let detach: UInt16 = 13
        static let resourceInfo: UInt16 = 15
        static let deviceInfo: UInt16 = 16
        static let connectionInfo: UInt16 = 17
        static let peerDeviceInfo: UInt16 = 18
        static let deviceStatistics: UInt16 = 20
        static let peerDeviceStatistics: UInt16 = 22
        static let notification: UInt16 = 23
        static let helper: UInt16 = 24
    }

    enum Context {
        static let volume: UInt16 = 1
        static let resource: UInt16 = 2
        static let myAddress: UInt16 = 3
        static let peerAddress: UInt16 = 4
    }

    enum DiskOption {
        static let backingDevice: UInt16 = 1
        static let metadataDevice: UInt16 = 2
        static let metadataIndex: UInt16 = 3
        static let fencing: UInt16 = 7
    }

    enum NetOption {
        static let wireProtocol: UInt16 = 6
        static let twoPrimaries: UInt16 = 24
    }

    enum StateInfo {
        static let currentState: UInt16 = 2
        static let identifiers: UInt16 = 7
        static let diskFlags: UInt16 = 8
        static let bitsOutOfSync: UInt16 = 10
        static let bitsOfResync: UInt16 = 11
        static let bitsFailed: UInt16 = 12
    }

    /// In both the nest of `disconnect` and that of `detach`.
    static let force: UInt16 = 1
    /// In the nest of a reply: words that the kernel adds.
    static let replyText: UInt16 = 1

    enum ResourceInfo {
        static let role: UInt16 = 1
        static let suspendedByUser: UInt16 = 2
        static let suspendedWithoutData: UInt16 = 3
        static let suspendedByFencing: UInt16 = 4
    }

    enum DeviceInfo {
        static let disk: UInt16 = 1
        /// In the nest of the statistics: size in sectors.
        static let size: UInt16 = 1
        /// In the nest of the statistics: requests that the lower device works on.
        static let lowerPending: UInt16 = 7
    }

    enum ConnectionInfo {
        static let connection: UInt16 = 1
        static let role: UInt16 = 2
    }

    enum PeerDeviceInfo {
        static let replication: UInt16 = 1
        static let disk: UInt16 = 2
        static let pausedByUser: UInt16 = 3
        static let pausedByPeer: UInt16 = 4
        static let pausedByDependency: UInt16 = 5
        /// In the nest of the statistics: sectors that differ.
        static let outOfSync: UInt16 = 5
    }

    enum Notification {
        /// In the nest of the notification's header.
        static let type: UInt16 = 1
        static let create: UInt32 = 1
        static let destroy: UInt32 = 3
        static let call: UInt32 = 4
        static let response: UInt32 = 5
        /// `NOTIFY_CONTINUES`, which may be added to each of them.
        static let flags: UInt32 = 0x8000
    }

    enum Helper {
        static let name: UInt16 = 1
        static let status: UInt16 = 2
    }

    /// `DRBD_MD_INDEX_INTERNAL` and `DRBD_MD_INDEX_FLEX_INT`: the metadata are at the end of the data.
    static let internalMetadata: [Int32] = [-1, -3]
}
