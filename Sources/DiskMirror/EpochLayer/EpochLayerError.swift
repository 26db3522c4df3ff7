internal import Glibc
public import ReplicaModel

/// Why a disk's epoch layer, its undo log or its journal could not do what was asked.
public enum EpochLayerError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kernel's device-mapper refused a command.
    case deviceMapper(action: String, device: String, code: Int32, message: String)
    /// A system call on a device or file failed.
    case system(action: String, object: String, code: Int32)
    /// The resource's disk is not on the epoch layer; `replicactl disk wrap` puts it there.
    case notWrapped(resource: String)
    /// The device has another table than it must have; an earlier controller left it so, or somebody else changed it.
    case unexpectedTable(device: String, table: String)
    /// The name of the resource cannot be a file name or part of a device's.
    case badName(String)
    /// A size or a chunk size is out of its range.
    case badLimit(String)
    /// A call came out of order: a fault of the caller, and the layer is as it was before.
    case outOfOrder(resource: String, what: String)
    /// The undo log of this epoch is full or had an I/O error: what it covered cannot be taken back.
    case logInvalid(resource: String, epoch: Epoch)
    /// What the kernel left in the exception store is not an undo log.
    case logUnreadable(resource: String, epoch: Epoch, fault: UndoLogFault)
    /// The journal is torn, damaged, or for another disk: nothing of it was applied.
    case journalUnusable(path: String, fault: UndoJournalFault)

    /// One sentence: what was tried, on what, what happened, and what to do.
    public var description: String {
        switch self {
        case .deviceMapper(let action, let device, let code, let message):
            "could not \(action) the device \(device): \(Self.words(code))"
                + (message.isEmpty ? "" : " (\(message))") + "; \(Self.advice(code))"
        case .system(let action, let object, let code):
            "could not \(action) \(object): \(Self.words(code)); \(Self.advice(code))"
        case .notWrapped(let resource):
            "the disk of resource \(resource) is not on the epoch layer: run `replicactl disk wrap \(resource)` on both hosts"
        case .unexpectedTable(let device, let table):
            "the device \(device) has the table \"\(table)\", which is not as it was left; see `dmsetup table \(device)`"
        case .badName(let name):
            "\"\(name)\" cannot be the name of a resource: 1 to 64 letters, digits, \".\", \"_\", \"+\" and \"-\", not first a \".\" or \"-\""
        case .badLimit(let text): text
        case .outOfOrder(let resource, let what): "the epoch layer of \(resource): \(what)"
        case .logInvalid(let resource, let epoch):
            "the undo log of \(resource) for epoch \(epoch) is full or failed: the replica must not be activated; "
                + "give the undo log more memory, or the guest less to write in an epoch"
        case .logUnreadable(let resource, let epoch, let fault):
            "the undo log of \(resource) for epoch \(epoch) cannot be read: \(fault); the replica must not be activated"
        case .journalUnusable(let path, let fault): "the undo journal \(path) was not applied: \(fault)"
        }
    }

    private static func words(_ code: Int32) -> String { String(cString: strerror(code)) }

    private static func advice(_ code: Int32) -> String {
        switch code {
        case EPERM, EACCES: "run as root"
        case EBUSY: "something else uses it, see `lsof` and `dmsetup info`"
        case ENOENT, ENXIO, ENODEV, ENOTBLK:
            "check that it is there, and that the kernel has the modules loop, dm_mod and dm_snapshot"
        case ENOMEM, ENOSPC: "the host is short of it"
        default: "the kernel's log says more"
        }
    }
}
