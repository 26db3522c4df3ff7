/// What was being done to an interface when the kernel refused; gives the errors their words.
enum BufferStep {
    case connect
    case inspect
    case prepare
    case createDevice
    case addPlug
    case addIngress
    case addRedirect
    case takeOver
    case copyFrames
    case watchFrames
    case placeBarrier
    case release
    case open
    case readCounters
    case remove

    var words: String {
        switch self {
        case .connect: "open a netlink socket"
        case .inspect: "look at its queues"
        case .prepare: "prepare the messages to its plug"
        case .createDevice: "make its buffer device"
        case .addPlug: "put a plug on its buffer device"
        case .addIngress: "put an ingress queue on it"
        case .addRedirect: "redirect its output to the buffer device"
        case .takeOver: "take over its buffer"
        case .copyFrames: "have its frames copied"
        case .watchFrames: "watch for its frames"
        case .placeBarrier: "place a barrier"
        case .release: "release an epoch"
        case .open: "open its output"
        case .readCounters: "read the counters of its plug"
        case .remove: "remove its buffer"
        }
    }

    /// The kernel modules whose absence shows in this step.
    fileprivate var module: String? {
        switch self {
        case .createDevice: "ifb"
        case .addPlug: "sch_plug"
        case .addIngress: "sch_ingress"
        case .addRedirect: "cls_matchall or act_mirred"
        default: nil
        }
    }
}

extension RouteFailure {
    /// The same failure, with the interface and the step that it happened in.
    func during(_ step: BufferStep, on interface: String) -> OutputBufferError {
        if let module = step.module, isNotFound || isNotSupported {
            return .moduleMissing(module: module, interface: interface, action: step.words)
        }
        // A buffer goes with its interface, and an interface with the guest's device.
        if isNoDevice { return .noSuchInterface(interface) }
        return .kernel(interface: interface, action: step.words, reason: reason)
    }
}
