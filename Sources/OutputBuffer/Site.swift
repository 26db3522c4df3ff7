internal import SystemKit

/// The steps that put a buffer behind one interface, each in the order that lets no frame pass unasked.
struct Site {
    let interface: RouteLink
    let bufferDevice: String
    let limitBytes: UInt32

    /// Clears away what a set-up left that broke off before it redirected anything.
    func clear(
        _ socket: borrowing RouteSocket, ingress: Bool, device: RouteLink?
    ) throws(OutputBufferError) {
        do throws(RouteFailure) {
            if ingress { try socket.deleteIngress(interface: interface.index) }
            if let device { try socket.deleteLink(index: device.index) }
        } catch {
            throw error.during(.remove, on: interface.name)
        }
    }

    /// Makes a transparent buffer; after an error nothing of it is left.
    ///
    /// The redirect comes last: until then the output flows as before, and from then on through a plug that is known to
    /// be open.
    func create(_ socket: borrowing RouteSocket) throws(OutputBufferError) -> RouteLink {
        let device = try makeDevice(socket, holding: false)
        var ingressIsOurs = false
        do throws(OutputBufferError) {
            try step(.addIngress) { () throws(RouteFailure) in try socket.addIngress(interface: interface.index) }
            ingressIsOurs = true
            try step(.addRedirect) { () throws(RouteFailure) in
                try socket.addRedirect(
                    Redirect(preference: 1, target: device.index), interface: interface.index)
            }
            return device
        } catch {
            try? clear(socket, ingress: ingressIsOurs, device: device)
            throw error
        }
    }

    /// Puts a buffer that holds behind redirects whose device is gone, and which drop every frame until then.
    ///
    /// A `matchall` filter cannot be given another device, so a second one is added before the first is deleted: there
    /// is no instant without a filter (safety rule 1).
    func rebuild(_ socket: borrowing RouteSocket, behind stale: [Redirect]) throws(OutputBufferError) -> RouteLink {
        let device = try makeDevice(socket, holding: true)
        let preference: UInt16 = stale.contains { $0.preference == 1 } ? 2 : 1
        try step(.takeOver) { () throws(RouteFailure) in
            try socket.addRedirect(Redirect(preference: preference, target: device.index), interface: interface.index)
            for redirect in stale { try socket.deleteRedirect(redirect, interface: interface.index) }
        }
        return device
    }

    /// Takes over a buffer of an earlier process; it holds when this returns, and lets nothing go on the way.
    func adopt(
        _ socket: borrowing RouteSocket, device: RouteLink, stale: [Redirect]
    ) throws(OutputBufferError) {
        let counters = try step(.inspect) { () throws(RouteFailure) in
            try socket.plugStatistics(device: device.index)
        }
        guard counters != nil else {
            throw .inTheWay(interface: interface.name, what: "another queue in place of the plug on \(device.name)")
        }
        try step(.takeOver) { () throws(RouteFailure) in
            for redirect in stale { try socket.deleteRedirect(redirect, interface: interface.index) }
            if device.isUp {
                try socket.send(PlugMessage(device: device.index, action: .limit(bytes: limitBytes)))
                try makeSureItHolds(socket, device: device)
            } else {
                // Setting the device down threw its frames away, but the plug still counts them as releasable.
                try socket.deletePlug(device: device.index)
                try socket.addPlug(device: device.index, limitBytes: limitBytes)
                try socket.setUp(device)
            }
        }
    }

    /// Sees to it that an adopted plug holds; the kernel does not tell, so it is found out.
    ///
    /// On an empty queue a barrier strands nothing and ends the doubt. A queue that keeps frames for a while without
    /// letting one go is plugged: an open one empties at once.
    private func makeSureItHolds(_ socket: borrowing RouteSocket, device: RouteLink) throws(RouteFailure) {
        let deadline = Clock.monotonic + 200_000_000
        var lastReleased: UInt64?
        var quietSince = Clock.monotonic
        while Clock.monotonic < deadline {
            guard let counters = try socket.plugStatistics(device: device.index) else { throw RouteFailure.noDevice }
            if counters.heldFrames == 0 { break }
            if counters.releasedFrames != lastReleased {
                lastReleased = counters.releasedFrames
                quietSince = Clock.monotonic
            } else if Clock.monotonic - quietSince > 20_000_000 {
                return
            }
            Clock.sleep(milliseconds: 2)
        }
        try socket.send(PlugMessage(device: device.index, action: .hold))
    }

    /// Makes the buffer device with its plug, set up but with nothing redirected to it; after an error it is gone.
    private func makeDevice(_ socket: borrowing RouteSocket, holding: Bool) throws(OutputBufferError) -> RouteLink {
        let device = try step(.createDevice) { () throws(RouteFailure) in
            try socket.addBufferDevice(bufferDevice)
            guard let device = try socket.link(named: bufferDevice) else { throw RouteFailure.noDevice }
            return device
        }
        do throws(OutputBufferError) {
            try step(.addPlug) { () throws(RouteFailure) in
                try socket.addPlug(device: device.index, limitBytes: limitBytes)
            }
            try step(.prepare) { () throws(RouteFailure) in
                if !holding { try socket.send(PlugMessage(device: device.index, action: .open)) }
                try socket.withholdAddress(from: device, alias: "output of \(interface.name)")
                try socket.setUp(device)
            }
            return device
        } catch {
            try? clear(socket, ingress: false, device: device)
            throw error
        }
    }

    private func step<Value>(
        _ step: BufferStep, _ body: () throws(RouteFailure) -> Value
    ) throws(OutputBufferError) -> Value {
        do throws(RouteFailure) { return try body() } catch { throw error.during(step, on: interface.name) }
    }
}
