internal import CNetlinkRoute

/// A message for the plug of one device, made once and sent as often as needed.
struct PlugMessage: ~Copyable {
    enum Action {
        case hold
        case releaseOne
        case open
        case limit(bytes: UInt32)
    }

    fileprivate let queue: OpaquePointer

    init(device: Int32, action: Action) throws(RouteFailure) {
        queue = try RouteQueue.plug(device: device)
        switch action {
        case .hold: rtnl_qdisc_plug_buffer(queue)
        case .releaseOne: rtnl_qdisc_plug_release_one(queue)
        case .open: rtnl_qdisc_plug_release_indefinite(queue)
        // The kernel reads 32 bits without a sign; libnl takes them as an int.
        case .limit(let bytes): rtnl_qdisc_plug_set_limit(queue, Int32(bitPattern: bytes))
        }
    }

    deinit { rtnl_qdisc_put(queue) }
}

/// The three messages of the epoch loop, made before it starts.
struct PlugMessages: ~Copyable {
    let hold: PlugMessage
    let releaseOne: PlugMessage
    let open: PlugMessage

    init(device: Int32) throws(RouteFailure) {
        let hold = try PlugMessage(device: device, action: .hold)
        let releaseOne = try PlugMessage(device: device, action: .releaseOne)
        let open = try PlugMessage(device: device, action: .open)
        self.hold = hold
        self.releaseOne = releaseOne
        self.open = open
    }
}

/// The queueing disciplines that are ours, and how to tell them.
enum RouteQueue {
    /// The root handle of our plug, `5243:` ("RC"): a message to a queue that someone put in its place fails.
    static let plugHandle: UInt32 = 0x5243_0000
    /// Where ingress and clsact hang, and the handle that their filters name as parent.
    static let ingressParent = TC_H_INGRESS
    static let ingressHandle: UInt32 = 0xffff_0000

    /// A libnl object that describes our plug at the root of a device; the caller puts it back.
    fileprivate static func plug(device: Int32) throws(RouteFailure) -> OpaquePointer {
        try described(kind: "plug", device: device, parent: TC_H_ROOT, handle: plugHandle)
    }

    fileprivate static func described(
        kind: String, device: Int32, parent: UInt32, handle: UInt32
    ) throws(RouteFailure) -> OpaquePointer {
        let queue = try allocated(rtnl_qdisc_alloc())
        rtnl_tc_set_ifindex(queue, device)
        rtnl_tc_set_parent(queue, parent)
        rtnl_tc_set_handle(queue, handle)
        let result = rtnl_tc_set_kind(queue, kind)
        guard result >= 0 else {
            rtnl_qdisc_put(queue)
            throw RouteFailure(code: -result)
        }
        return queue
    }
}

extension RouteSocket {
    /// Puts a fresh plug on a device: it holds from its first instant.
    borrowing func addPlug(device: Int32, limitBytes: UInt32) throws(RouteFailure) {
        let message = try PlugMessage(device: device, action: .limit(bytes: limitBytes))
        try routed(rtnl_qdisc_add(handle, message.queue, NLM_F_CREATE | NLM_F_EXCL))
    }

    /// Sends one message to a plug that exists; it is in force when this returns.
    borrowing func send(_ message: borrowing PlugMessage) throws(RouteFailure) {
        try routed(rtnl_qdisc_add(handle, message.queue, 0))
    }

    borrowing func deletePlug(device: Int32) throws(RouteFailure) {
        let queue = try RouteQueue.plug(device: device)
        defer { rtnl_qdisc_put(queue) }
        try routed(rtnl_qdisc_delete(handle, queue))
    }

    borrowing func addIngress(interface: Int32) throws(RouteFailure) {
        let queue = try RouteQueue.described(
            kind: "ingress", device: interface, parent: RouteQueue.ingressParent, handle: RouteQueue.ingressHandle)
        defer { rtnl_qdisc_put(queue) }
        try routed(rtnl_qdisc_add(handle, queue, NLM_F_CREATE | NLM_F_EXCL))
    }

    /// Deletes the ingress queue with its filters; one that went with its interface is no error.
    borrowing func deleteIngress(interface: Int32) throws(RouteFailure) {
        let queue = try RouteQueue.described(
            kind: "ingress", device: interface, parent: RouteQueue.ingressParent, handle: RouteQueue.ingressHandle)
        defer { rtnl_qdisc_put(queue) }
        let result = rtnl_qdisc_delete(handle, queue)
        if result != -NLE_NODEV && result != -NLE_OBJ_NOTFOUND { try routed(result) }
    }

    /// What hangs at one place of a device.
    ///
    /// - Returns: The kind of the queue, or nil when there is none.
    borrowing func queueKind(device: Int32, parent: UInt32) throws(RouteFailure) -> String? {
        try withQueue(device: device, parent: parent) { rtnl_tc_get_kind($0).map { String(cString: $0) } } ?? nil
    }

    /// The counters of our plug, or nil when the device or its plug is gone.
    borrowing func plugStatistics(device: Int32) throws(RouteFailure) -> BufferStatistics? {
        try withQueue(device: device, parent: TC_H_ROOT) { queue in
            guard rtnl_tc_get_handle(queue) == RouteQueue.plugHandle else { return nil }
            return BufferStatistics(
                heldFrames: rtnl_tc_get_stat(queue, RTNL_TC_QLEN), heldBytes: rtnl_tc_get_stat(queue, RTNL_TC_BACKLOG),
                releasedFrames: rtnl_tc_get_stat(queue, RTNL_TC_PACKETS),
                releasedBytes: rtnl_tc_get_stat(queue, RTNL_TC_BYTES),
                droppedFrames: rtnl_tc_get_stat(queue, RTNL_TC_DROPS))
        } ?? nil
    }

    private borrowing func withQueue<Value>(
        device: Int32, parent: UInt32, _ body: (OpaquePointer) -> Value
    ) throws(RouteFailure) -> Value? {
        var cache: OpaquePointer?
        try routed(rtnl_qdisc_alloc_cache(handle, &cache))
        guard let cache else { return nil }
        defer { nl_cache_free(cache) }
        guard let queue = rtnl_qdisc_get_by_parent(cache, device, parent) else { return nil }
        defer { rtnl_qdisc_put(queue) }
        return body(queue)
    }
}
