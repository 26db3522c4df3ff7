/// One piece of news about DRBD's state.
public enum MirrorEvent: Equatable, Sendable {
    /// All that was known is void: the whole state follows.
    case dumpBegins
    /// The whole state was told; from here on changes follow.
    case dumpEnds
    /// A resource is, or has become, this; `nil` when it is gone.
    case resource(String, MirrorResourceFacts?)
    /// The connection of a resource is, or has become, this; `nil` when none is configured any more.
    case connection(String, MirrorConnectionFacts?)
    /// A volume on this host is, or has become, this; `nil` when it is gone.
    case device(String, volume: UInt32, MirrorDeviceFacts?)
    /// A volume's relation to the peer's copy is, or has become, this; `nil` when there is no peer any more.
    case peerDevice(String, volume: UInt32, MirrorPeerDeviceFacts?)
    /// The kernel calls a handler, such as `fence-peer`, and waits for it.
    case helperCalled(String, name: String)
    /// A handler has ended, with the status of its process.
    case helperReturned(String, name: String, status: UInt32)
}

extension MirrorEvent {
    /// Reads an event out of a message.
    ///
    /// - Returns: `nil` for a message that is no event of the newer kind.
    init?(_ message: MirrorMessage.Content) throws(MalformedMessage) {
        typealias Command = DRBDInterface.Command
        typealias Nest = DRBDInterface.Nest
        switch message.command {
        case Command.initialStateDone:
            self = .dumpEnds
            return
        case Command.resourceState, Command.deviceState, Command.connectionState, Command.peerDeviceState,
            Command.helper:
            break
        default:
            return nil
        }
        let attributes = message.attributes
        let context = try attributes.nest(Nest.context)
        let resource = try Self.known(context.text(DRBDInterface.Context.resource), "the name of a resource")
        let header = try attributes.nest(Nest.notification)
        let type =
            try Self.known(header.number32(DRBDInterface.Notification.type), "the kind of a notification")
            & ~DRBDInterface.Notification.flags
        let isGone = type == DRBDInterface.Notification.destroy
        switch message.command {
        case Command.resourceState:
            self = .resource(resource, isGone ? nil : try MirrorResourceFacts(attributes))
        case Command.connectionState:
            self = .connection(resource, isGone ? nil : try MirrorConnectionFacts(attributes))
        case Command.helper:
            let helper = try attributes.nest(Nest.helper)
            let name = try Self.known(helper.text(DRBDInterface.Helper.name), "the name of a handler")
            let status = helper.number32(DRBDInterface.Helper.status) ?? 0
            self =
                type == DRBDInterface.Notification.call
                ? .helperCalled(resource, name: name) : .helperReturned(resource, name: name, status: status)
        default:
            let volume = try Self.known(context.number32(DRBDInterface.Context.volume), "the number of a volume")
            if message.command == Command.deviceState {
                self = .device(
                    resource, volume: volume, isGone ? nil : try MirrorDeviceFacts(attributes, minor: message.minor))
            } else {
                self = .peerDevice(resource, volume: volume, isGone ? nil : try MirrorPeerDeviceFacts(attributes))
            }
        }
    }

    /// A value that a message of DRBD always has.
    static func known<Value>(_ value: Value?, _ what: String) throws(MalformedMessage) -> Value {
        guard let value else { throw MalformedMessage("no \(what)") }
        return value
    }
}
