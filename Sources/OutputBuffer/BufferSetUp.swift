internal import SystemKit

/// Puts the buffer of an interface in place, or takes over the one that is there.
enum BufferSetUp {
    /// What a ``HeldInterface`` is made of.
    struct Parts: ~Copyable {
        let socket: RouteSocket
        let interface: String
        let interfaceIndex: Int32
        let bufferDevice: String
        let deviceIndex: Int32
        let origin: HeldInterface.Origin
        let state: PlugState
        let messages: PlugMessages
        let copier: FrameCopier
    }

    /// What is to be done about what was found; decided apart, so that every case can be tested without a kernel.
    enum Plan: Equatable {
        /// Nothing of ours holds output: clear what a broken set-up left, then make the buffer.
        case create(clearingIngress: Bool, clearingDevice: Bool)
        /// Buffer and redirect are in place; redirects without a device are left-overs of a rebuild.
        case adopt(RouteLink, stale: [Redirect])
        /// The redirect is in place and drops every frame, its device is gone: put a device that holds behind it.
        case rebuild(stale: [Redirect], clearingDevice: Bool)
        /// Leave everything as it is.
        case refuse(String)
    }

    /// Decides what to do.
    ///
    /// - Parameters:
    ///   - device: The device that has our name, if there is one.
    ///   - ingress: What hangs at the interface's ingress.
    /// - Returns: The plan.
    static func plan(device: RouteLink?, ingress: IngressContent) -> Plan {
        if let device, device.kind != "ifb" { return .refuse("a device named \(device.name) that is no ifb") }
        switch ingress {
        case .foreign(let what):
            return .refuse(what)
        case .nothing:
            return .create(clearingIngress: false, clearingDevice: device != nil)
        case .empty:
            // With our device it is a set-up that broke off before its last step; without, it is someone else's.
            guard device != nil else { return .refuse("an ingress queue") }
            return .create(clearingIngress: true, clearingDevice: true)
        case .redirects(let redirects):
            let live = redirects.filter { $0.target != 0 }
            let stale = redirects.filter { $0.target == 0 }
            guard let target = live.first?.target else { return .rebuild(stale: stale, clearingDevice: device != nil) }
            guard let device, live.allSatisfy({ $0.target == device.index }) else {
                return .refuse("a redirect to device number \(target)")
            }
            return .adopt(device, stale: stale)
        }
    }

    static func attach(interface: String, limitBytes: UInt32) throws(OutputBufferError) -> HeldInterface {
        let socket = try connected(for: interface)
        let found: (link: RouteLink, device: RouteLink?, name: String, ingress: IngressContent)
        do throws(RouteFailure) {
            guard let link = try socket.link(named: interface) else { throw RouteFailure.noDevice }
            let name = BufferDeviceName.of(interface: interface, index: link.index)
            found = (link, try socket.link(named: name), name, try socket.ingress(of: link.index))
        } catch {
            throw error.isNoDevice ? .noSuchInterface(interface) : error.during(.inspect, on: interface)
        }

        // First of all, since it changes nothing and can fail.
        let copier = try FrameCopier(interface: found.link)
        let site = Site(interface: found.link, bufferDevice: found.name, limitBytes: limitBytes)
        switch plan(device: found.device, ingress: found.ingress) {
        case .refuse(let what):
            throw .inTheWay(interface: interface, what: what)
        case .create(let clearingIngress, let clearingDevice):
            try site.clear(socket, ingress: clearingIngress, device: clearingDevice ? found.device : nil)
            let device = try site.create(socket)
            return try held(socket, copier, site, device, .created, .transparent)
        case .rebuild(let stale, let clearingDevice):
            try site.clear(socket, ingress: false, device: clearingDevice ? found.device : nil)
            let device = try site.rebuild(socket, behind: stale)
            return try held(socket, copier, site, device, .adopted, .holding)
        case .adopt(let device, let stale):
            try site.adopt(socket, device: device, stale: stale)
            return try held(socket, copier, site, device, .adopted, .barrierInFlight)
        }
    }

    static func connected(for interface: String) throws(OutputBufferError) -> RouteSocket {
        do throws(RouteFailure) { return try RouteSocket() } catch { throw error.during(.connect, on: interface) }
    }

    private static func held(
        _ socket: consuming RouteSocket, _ copier: consuming FrameCopier, _ site: Site, _ device: RouteLink,
        _ origin: HeldInterface.Origin, _ state: PlugState
    ) throws(OutputBufferError) -> HeldInterface {
        let messages: PlugMessages
        do throws(RouteFailure) {
            messages = try PlugMessages(device: device.index)
        } catch {
            throw error.during(.prepare, on: site.interface.name)
        }
        return HeldInterface(
            parts: Parts(
                socket: socket, interface: site.interface.name, interfaceIndex: site.interface.index,
                bufferDevice: device.name, deviceIndex: device.index, origin: origin, state: state,
                messages: messages, copier: copier))
    }
}
