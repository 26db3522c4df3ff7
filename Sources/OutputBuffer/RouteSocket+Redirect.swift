internal import CNetlinkRoute

/// A filter that sends all that enters an interface to a buffer device.
struct Redirect: Equatable {
    /// Our mark on the filter, "rc": no other tool would choose it.
    static let handle: UInt32 = 0x7263
    /// The order among filters; 1 is the first that runs, so that no frame is taken elsewhere before.
    let preference: UInt16
    /// The index of the buffer device; 0 when that device is gone, and the filter drops every frame.
    let target: Int32
}

/// What hangs at the ingress of an interface.
enum IngressContent: Equatable {
    /// No ingress queue at all.
    case nothing
    /// An ingress queue without a filter: ours, half made, or someone else's.
    case empty
    /// Our ingress queue with our redirects only: one, or two while one takes the other's place.
    case redirects([Redirect])
    /// Something that is not ours, in words.
    case foreign(String)
}

extension RouteSocket {
    /// Looks at the ingress of an interface.
    borrowing func ingress(of interface: Int32) throws(RouteFailure) -> IngressContent {
        guard let kind = try queueKind(device: interface, parent: RouteQueue.ingressParent) else { return .nothing }
        guard kind == "ingress" else { return .foreign("a \(kind) queue") }
        var cache: OpaquePointer?
        try routed(rtnl_cls_alloc_cache(handle, interface, RouteQueue.ingressHandle, &cache))
        guard let cache else { return .empty }
        defer { nl_cache_free(cache) }

        var redirects: [Redirect] = []
        var object = nl_cache_get_first(cache)
        while let filter = object {
            object = nl_cache_get_next(filter)
            let kind = rtnl_tc_get_kind(filter).map { String(cString: $0) } ?? "unnamed"
            let handle = rtnl_tc_get_handle(filter)
            // The kernel lists each chain of filters once more with handle 0, as a heading.
            if kind == "matchall" && handle == 0 { continue }
            guard kind == "matchall", handle == Redirect.handle, let target = redirectTarget(of: filter) else {
                return .foreign("an ingress queue with a \(kind) filter")
            }
            redirects.append(Redirect(preference: rtnl_cls_get_prio(filter), target: target))
        }
        return redirects.isEmpty ? .empty : .redirects(redirects)
    }

    /// Adds the redirect of every frame, of whatever ethertype, that enters an interface.
    borrowing func addRedirect(_ redirect: Redirect, interface: Int32) throws(RouteFailure) {
        let filter = try describedFilter(redirect, interface: interface)
        defer { rtnl_cls_put(filter) }
        let action = try allocated(rtnl_act_alloc())
        defer { rtnl_act_put(action) }
        try routed(rtnl_tc_set_kind(action, "mirred"))
        try routed(rtnl_mirred_set_action(action, Int32(TCA_EGRESS_REDIR)))
        // Stolen: the frame is the buffer device's from here on, and no later filter or the bridge sees it.
        try routed(rtnl_mirred_set_policy(action, Int32(TC_ACT_STOLEN)))
        try routed(rtnl_mirred_set_ifindex(action, UInt32(bitPattern: redirect.target)))
        try routed(rtnl_mall_append_action(filter, action))
        try routed(rtnl_cls_add(handle, filter, NLM_F_CREATE | NLM_F_EXCL))
    }

    borrowing func deleteRedirect(_ redirect: Redirect, interface: Int32) throws(RouteFailure) {
        let filter = try describedFilter(redirect, interface: interface)
        defer { rtnl_cls_put(filter) }
        try routed(rtnl_cls_delete(handle, filter, 0))
    }

    /// A libnl object that describes one of our filters; the caller puts it back.
    private borrowing func describedFilter(
        _ redirect: Redirect, interface: Int32
    ) throws(RouteFailure) -> OpaquePointer {
        let filter = try allocated(rtnl_cls_alloc())
        rtnl_tc_set_ifindex(filter, interface)
        rtnl_tc_set_parent(filter, RouteQueue.ingressHandle)
        rtnl_tc_set_handle(filter, Redirect.handle)
        rtnl_cls_set_prio(filter, redirect.preference)
        rtnl_cls_set_protocol(filter, UInt16(ETH_P_ALL))
        let result = rtnl_tc_set_kind(filter, "matchall")
        guard result >= 0 else {
            rtnl_cls_put(filter)
            throw RouteFailure(code: -result)
        }
        return filter
    }

    private borrowing func redirectTarget(of filter: OpaquePointer) -> Int32? {
        guard let action = rtnl_mall_get_first_action(filter) else { return nil }
        defer { rtnl_act_put(action) }
        guard let kind = rtnl_tc_get_kind(action), String(cString: kind) == "mirred",
            rtnl_mirred_get_action(action) == Int32(TCA_EGRESS_REDIR)
        else { return nil }
        return Int32(bitPattern: rtnl_mirred_get_ifindex(action))
    }
}
