/// Why the output of an interface could not be held, released or set free.
public enum OutputBufferError: Error, Equatable, Sendable, CustomStringConvertible {
    /// There is no such interface on this host; check the guest's configuration and that the guest runs.
    case noSuchInterface(String)
    /// The kernel lacks a module that the buffer needs; install or load it.
    case moduleMissing(module: String, interface: String, action: String)
    /// Something that is not ours stands where the buffer must go; nothing was changed.
    case inTheWay(interface: String, what: String)
    /// A barrier was to be placed while the epoch before the last barrier still waits for its release.
    ///
    /// `sch_plug` counts the frames of one closed epoch only: a second barrier would strand the first one's frames.
    case epochInFlight(interface: String)
    /// A release was asked for, and no barrier has been placed since the last one.
    case nothingToRelease(interface: String)
    /// Frames were still queued when the time to drain was over; they still leave, and the next attach or clean-up deletes
    /// the buffer.
    case notDrained(interface: String, frames: UInt64)
    /// The kernel refused a request, or could not be asked.
    case kernel(interface: String, action: String, reason: String)

    /// One sentence: what was tried, on what, what happened, and what to do.
    public var description: String {
        switch self {
        case .noSuchInterface(let interface):
            "interface \(interface) does not exist on this host: check the guest's vif and that the guest runs"
        case .moduleMissing(let module, let interface, let action):
            "\(interface): could not \(action): the kernel has no \(module); install or load that module"
        case .inTheWay(let interface, let what):
            "\(interface): \(what) is in the way and is not ours; nothing was changed, remove it and try again"
        case .epochInFlight(let interface):
            "\(interface): a barrier is in place whose epoch is not released yet; release it before the next barrier"
        case .nothingToRelease(let interface):
            "\(interface): nothing to release, no barrier was placed since the last release"
        case .notDrained(let interface, let frames):
            "\(interface): \(frames) frames were still leaving its buffer when the time was over; the buffer goes later"
        case .kernel(let interface, let action, let reason):
            "\(interface): could not \(action): \(reason)"
        }
    }
}
