/// A buffer device that was deleted because the interface that it was made for is gone.
public struct OrphanBuffer: Equatable, Sendable {
    /// The name that the device had, such as `rc3.0`.
    public let device: String
    /// Frames that went with it: the interface that they came from is gone, and with it the guest that sent them.
    public let discardedFrames: UInt64
}

extension HeldInterface {
    /// Deletes the buffer devices on this host whose interfaces are gone; nothing else would ever delete them.
    ///
    /// It may be called at any time, also while interfaces are being attached or given back: a device stays as long as
    /// there is the interface that it is named after, or any other whose output goes there, since to delete it would
    /// silence a guest. A hold on a device that was deleted can still be removed or discarded.
    ///
    /// - Returns: What was deleted; empty, and found out by one look at the list of devices, when there was nothing to do.
    /// - Throws: The kernel's refusal; the devices before it are deleted.
    public static func cleanUpOrphans() throws(OutputBufferError) -> [OrphanBuffer] {
        let socket = try BufferSetUp.connected(for: "buffer devices")
        let links: [RouteLink]
        var orphans: [RouteLink]
        do throws(RouteFailure) {
            links = try socket.links()
            orphans = OrphanSearch.withoutNamesake(among: links)
            if orphans.isEmpty { return [] }
            orphans = OrphanSearch.withoutSource(orphans, ingress: try socket.ingress(of: links))
        } catch {
            throw error.during(.inspect, on: "buffer devices")
        }
        var removed: [OrphanBuffer] = []
        for orphan in orphans {
            do throws(RouteFailure) {
                let frames = try socket.plugStatistics(device: orphan.index)?.heldFrames ?? 0
                // By its number, which no other device gets after it: a new buffer of the same name is left alone.
                try socket.deleteLink(index: orphan.index)
                removed.append(OrphanBuffer(device: orphan.name, discardedFrames: frames))
            } catch {
                throw error.during(.remove, on: orphan.name)
            }
        }
        return removed
    }
}

/// Tells which buffer devices have lost their interface; decided apart, so that it can be tested without a kernel.
enum OrphanSearch {
    /// The buffer devices that are named after no interface of the host.
    ///
    /// A buffer is made before the redirect to it and outlives it, so that a device without a redirect is none by itself.
    ///
    /// - Parameter links: All devices of the host.
    /// - Returns: Those of ours, in the order in which they are listed.
    static func withoutNamesake(among links: [RouteLink]) -> [RouteLink] {
        let ours = links.filter { $0.kind == "ifb" && BufferDeviceName.isOurs($0.name) }
        if ours.isEmpty { return [] }
        let wanted = Set(links.map { BufferDeviceName.of(interface: $0.name, index: $0.index) })
        return ours.filter { !wanted.contains($0.name) }
    }

    /// Those of the devices that no interface sends its output to, not even one that was given another name.
    static func withoutSource(_ devices: [RouteLink], ingress: [IngressContent]) -> [RouteLink] {
        var targets: Set<Int32> = []
        for case .redirects(let redirects) in ingress { targets.formUnion(redirects.map(\.target)) }
        return devices.filter { !targets.contains($0.index) }
    }
}

extension RouteSocket {
    /// Looks at the ingress of several interfaces; one that is gone meanwhile sends nothing.
    fileprivate borrowing func ingress(of links: [RouteLink]) throws(RouteFailure) -> [IngressContent] {
        var found: [IngressContent] = []
        for link in links { found.append(try ingress(of: link.index)) }
        return found
    }
}
