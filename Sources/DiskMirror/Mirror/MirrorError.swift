/// Why DRBD could not be asked, followed or told.
public enum MirrorError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kernel has no DRBD; load the module.
    case moduleMissing
    /// The module is not of the DRBD that this speaks to.
    case otherModule(version: UInt8)
    /// A call to the kernel failed.
    case system(action: String, reason: String)
    /// DRBD answered no, with its own code and words.
    case refused(action: String, on: String, answer: MirrorAnswer)
    /// The kernel had not answered when the time was over; the order may still be carried out.
    case notAnswered(action: String, on: String)
    /// Earlier orders still hang in the kernel, so no more are given.
    case tooManyUnanswered(action: String, on: String, count: Int)
    /// DRBD said yes and its state says otherwise.
    case notTaken(action: String, on: String, found: String)
    /// The block device is not one of DRBD's.
    case notMirrored(path: String, major: UInt32, minor: UInt32)
    /// DRBD has no device of this number.
    case noDevice(minor: UInt32)
    /// DRBD has no resource of this name.
    case noResource(String)
    /// The kernel sent something that this does not understand.
    case notUnderstood(String)

    /// One sentence: what was tried, on what, what happened, and what to do.
    public var description: String {
        switch self {
        case .moduleMissing:
            "the kernel has no DRBD: load the module (modprobe drbd) and bring the resources up (drbdadm up all)"
        case .otherModule(let version):
            "the DRBD in the kernel speaks version \(version) of its netlink interface, and only version "
                + "\(DRBDInterface.version) (DRBD 8.4, as in the kernel) is supported: unload the other module"
        case .system(let action, let reason):
            "could not \(action): \(reason)"
        case .refused(let action, let on, let answer):
            "\(on): could not \(action): DRBD says \(answer)"
        case .notAnswered(let action, let on):
            "\(on): the kernel had not answered in time to the order to \(action), which may still be carried out; "
                + "see the kernel's log for what DRBD waits for"
        case .tooManyUnanswered(let action, let on, let count):
            "\(on): did not try to \(action), as \(count) earlier orders to DRBD still hang in the kernel: see its log, "
                + "and restart the host if they do not end"
        case .notTaken(let action, let on, let found):
            "\(on): DRBD accepted the order to \(action), but then \(found); try again, and see the kernel's log"
        case .notMirrored(let path, let major, let minor):
            "\(path) (device \(major):\(minor)) is not a DRBD device: give the guest /dev/drbdN as its disk"
        case .noDevice(let minor):
            "DRBD has no device /dev/drbd\(minor): bring its resource up (drbdadm up)"
        case .noResource(let resource):
            "DRBD has no resource \(resource): bring it up (drbdadm up \(resource))"
        case .notUnderstood(let what):
            "the kernel's DRBD sent what cannot be understood (\(what)): is its version 8.4, as in Debian's kernel?"
        }
    }
}
