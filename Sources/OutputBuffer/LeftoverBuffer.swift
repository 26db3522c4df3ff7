/// A buffer device that an earlier process left on this host.
public struct LeftoverBuffer: Equatable, Sendable {
    /// The name of the buffer device, such as `rc3.0`.
    public let device: String
    /// The interface whose output still goes there, or nil when it is gone; one that is there is to be attached to.
    public let interface: String?
    /// Frames that wait in it; without an interface they can go nowhere.
    public let heldFrames: UInt64
}

extension HeldInterface {
    /// Finds the buffer devices of ours on this host, also those that a living process holds.
    ///
    /// - Returns: One entry a device.
    /// - Throws: The kernel's refusal.
    public static func leftovers() throws(OutputBufferError) -> [LeftoverBuffer] {
        let socket = try BufferSetUp.connected(for: "buffer devices")
        do throws(RouteFailure) {
            let links = try socket.links()
            let ours = links.filter { $0.kind == "ifb" && BufferDeviceName.isOurs($0.name) }
            if ours.isEmpty { return [] }
            var sources: [Int32: String] = [:]
            for link in links {
                guard case .redirects(let redirects) = try socket.ingress(of: link.index) else { continue }
                for redirect in redirects { sources[redirect.target] = link.name }
            }
            var found: [LeftoverBuffer] = []
            for device in ours {
                let held = try socket.plugStatistics(device: device.index)?.heldFrames ?? 0
                found.append(
                    LeftoverBuffer(device: device.name, interface: sources[device.index], heldFrames: held))
            }
            return found
        } catch {
            throw error.during(.inspect, on: "buffer devices")
        }
    }

    /// Deletes a buffer device whose interface is gone, with the frames in it; they could go nowhere.
    ///
    /// A device that still takes the output of an interface is left alone: deleting it would silence a guest.
    ///
    /// - Parameter device: A name that ``leftovers()`` gave; one that is gone already is no error.
    /// - Throws: ``OutputBufferError/inUse(device:interface:)``, or the kernel's refusal.
    public static func cleanUp(_ device: String) throws(OutputBufferError) {
        guard let leftover = try leftovers().first(where: { $0.device == device }) else { return }
        if let interface = leftover.interface { throw .inUse(device: device, interface: interface) }
        let socket = try BufferSetUp.connected(for: device)
        do throws(RouteFailure) {
            guard let link = try socket.link(named: device) else { return }
            try socket.deleteLink(index: link.index)
        } catch {
            throw error.during(.remove, on: device)
        }
    }
}
