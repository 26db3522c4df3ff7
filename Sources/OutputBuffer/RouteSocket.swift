internal import CNetlinkRoute
internal import Glibc

/// A request that libnl or the kernel refused, with libnl's code.
struct RouteFailure: Error, Equatable {
    let code: Int32

    var reason: String { String(cString: nl_geterror(code)) }

    /// libnl folds the kernel's `ENOENT`, "no such kind", into this one.
    var isNotFound: Bool { code == NLE_OBJ_NOTFOUND }
    var isNoDevice: Bool { code == NLE_NODEV }
    var isNotSupported: Bool { code == NLE_OPNOTSUPP }

    static let noDevice = RouteFailure(code: NLE_NODEV)
}

/// Turns libnl's result into a value or an error.
@discardableResult
func routed(_ result: Int32) throws(RouteFailure) -> Int32 {
    guard result >= 0 else { throw RouteFailure(code: -result) }
    return result
}

/// Turns libnl's "no memory" pointers into an error.
func allocated(_ pointer: OpaquePointer?) throws(RouteFailure) -> OpaquePointer {
    guard let pointer else { throw RouteFailure(code: NLE_NOMEM) }
    return pointer
}

/// One rtnetlink socket; every request waits for the kernel's acknowledgement before it returns.
struct RouteSocket: ~Copyable {
    let handle: OpaquePointer

    /// The kernel makes no part of a longer answer larger than this.
    private static let answerBytes = 32 << 10

    init() throws(RouteFailure) {
        let socket = try allocated(nl_socket_alloc())
        let result = nl_connect(socket, NETLINK_ROUTE)
        guard result >= 0 else {
            nl_socket_free(socket)
            throw RouteFailure(code: -result)
        }
        // Room for the largest answer, so that no answer is read twice, first for its length: the guest waits for some.
        nl_socket_set_msg_buf_size(socket, Self.answerBytes)
        nl_socket_disable_msg_peek(socket)
        handle = socket
    }

    deinit { nl_socket_free(handle) }
}

/// A network device, as far as it matters here.
struct RouteLink: Equatable {
    let name: String
    let index: Int32
    /// The kind of a virtual device ("ifb", "veth"), empty when the kernel names none.
    let kind: String
    let isUp: Bool
    /// Frames that an ifb took in, and that it has passed on or thrown away.
    let framesIn: UInt64
    let framesDone: UInt64
}

extension RouteLink {
    /// Reads what libnl got; it keeps nothing of it.
    init(_ link: OpaquePointer) {
        name = rtnl_link_get_name(link).map { String(cString: $0) } ?? ""
        index = rtnl_link_get_ifindex(link)
        kind = rtnl_link_get_type(link).map { String(cString: $0) } ?? ""
        isUp = rtnl_link_get_flags(link) & UInt32(IFF_UP) != 0
        framesIn = rtnl_link_get_stat(link, RTNL_LINK_RX_PACKETS)
        framesDone =
            rtnl_link_get_stat(link, RTNL_LINK_TX_PACKETS) &+ rtnl_link_get_stat(link, RTNL_LINK_RX_DROPPED)
    }
}

extension RouteSocket {
    /// The device of a name, or nil when there is none.
    borrowing func link(named name: String) throws(RouteFailure) -> RouteLink? {
        var found: OpaquePointer?
        let result = rtnl_link_get_kernel(handle, 0, name, &found)
        if result == -NLE_NODEV || result == -NLE_OBJ_NOTFOUND { return nil }
        try routed(result)
        guard let found else { return nil }
        defer { rtnl_link_put(found) }
        return RouteLink(found)
    }

    /// All devices of the host.
    borrowing func links() throws(RouteFailure) -> [RouteLink] {
        var cache: OpaquePointer?
        try routed(rtnl_link_alloc_cache(handle, AF_UNSPEC, &cache))
        guard let cache else { return [] }
        defer { nl_cache_free(cache) }
        var links: [RouteLink] = []
        var object = nl_cache_get_first(cache)
        while let link = object {
            links.append(RouteLink(link))
            object = nl_cache_get_next(link)
        }
        return links
    }

    /// Makes an ifb that is down.
    ///
    /// The transmit queue is longer than the 32 frames that an ifb has by itself, so that an epoch leaves in few rounds, and
    /// well below the 1000 frames (`netdev_max_backlog`) at which a burst overruns a receiver on the same host.
    borrowing func addBufferDevice(_ name: String) throws(RouteFailure) {
        let link = try allocated(rtnl_link_alloc())
        defer { rtnl_link_put(link) }
        rtnl_link_set_name(link, name)
        try routed(rtnl_link_set_type(link, "ifb"))
        rtnl_link_set_txqlen(link, 256)
        try routed(rtnl_link_add(handle, link, NLM_F_CREATE | NLM_F_EXCL))
    }

    /// Keeps the host from giving the device an IPv6 address: its own neighbour discovery would sit in our queue.
    borrowing func withholdAddress(from device: RouteLink, alias: String) throws(RouteFailure) {
        try change(device) { (changes) throws(RouteFailure) in
            rtnl_link_set_ifalias(changes, alias)
            try routed(rtnl_link_inet6_set_addr_gen_mode(changes, UInt8(IN6_ADDR_GEN_MODE_NONE.rawValue)))
        }
    }

    borrowing func setUp(_ device: RouteLink) throws(RouteFailure) {
        try change(device) { (changes) throws(RouteFailure) in rtnl_link_set_flags(changes, UInt32(IFF_UP)) }
    }

    private borrowing func change(
        _ device: RouteLink, _ fill: (OpaquePointer) throws(RouteFailure) -> Void
    ) throws(RouteFailure) {
        let original = try allocated(rtnl_link_alloc())
        defer { rtnl_link_put(original) }
        rtnl_link_set_ifindex(original, device.index)
        let changes = try allocated(rtnl_link_alloc())
        defer { rtnl_link_put(changes) }
        try fill(changes)
        try routed(rtnl_link_change(handle, original, changes, 0))
    }

    /// Deletes a device with all that it holds; one that is gone already is no error.
    borrowing func deleteLink(index: Int32) throws(RouteFailure) {
        let link = try allocated(rtnl_link_alloc())
        defer { rtnl_link_put(link) }
        rtnl_link_set_ifindex(link, index)
        let result = rtnl_link_delete(handle, link)
        if result != -NLE_NODEV && result != -NLE_OBJ_NOTFOUND { try routed(result) }
    }
}
