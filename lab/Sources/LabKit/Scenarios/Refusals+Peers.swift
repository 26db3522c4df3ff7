/// What can be wrong with the host that is to hold the replica.
extension Refusals {
    func peers() throws(LabError) {
        // A second interface, on a bridge that only this host has.
        try refused(
            "a bridge that the peer has not", 108, ["peer-bridge-missing", "lonely0"],
            """
            ip link add lonely0 type bridge && ip link set lonely0 up
            xl network-attach \(name) bridge=lonely0 mac=00:16:3e:77:01:01
            for i in $(seq 100); do xl network-list \(name) | awk '$1 == 1 && $5 == 4' | grep -q . && break; sleep 1; done
            \(protect)
            """,
            after: """
                xl network-detach \(name) 1
                for i in $(seq 100); do ip -br link | grep -q 'vif.*[.]1 ' || break; sleep 1; done
                ip link del lonely0
                """)
        try filledPeer()
        let create = try paused(.xen2, GuestSpecification(name: name))
        try stage.lab.shell(.xen2, create)
        try refused("a peer that has such a guest", 105, ["peer-name-taken"], protect)
        try stage.lab.shell(.xen2, "xl destroy \(name)")
        try absentPeer()
        try lesserPeer()
    }

    /// A paused guest that takes nearly all of the peer's memory.
    private func filledPeer() throws(LabError) {
        let free = try stage.lab.shell(.xen2, "xl info | awk '/^free_memory/ { print $3 }'")
        guard let size = Int(free) else {
            throw LabError(.checkFailed, attempt: "read xen2's free memory", outcome: free)
        }
        var big = GuestSpecification(name: "big")
        big.memory = size - 60
        try stage.lab.shell(.xen2, try paused(.xen2, big), timeout: .seconds(300))
        try refused("a peer without memory", 107, ["peer-memory-short"], protect)
        try stage.lab.shell(.xen2, "xl destroy big")
    }

    /// The peer's controller is away, then something of another version is in its place.
    private func absentPeer() throws(LabError) {
        let controller = Product.Service.controller
        try stage.lab.shell(.xen2, "systemctl stop \(controller)")
        try refused("a peer that does not answer", 75, ["peer-unreachable"], protect)
        let frame = ForeignFrame.welcome(version: 99).map {
            "\\x" + String($0 >> 4, radix: 16) + String($0 & 15, radix: 16)
        }
        try stage.lab.shell(
            .xen2,
            """
            bash -c \(Lab.quoted("printf '\(frame.joined())'")) >/run/foreign-frame
            setsid busybox nc -l -p 7788 </run/foreign-frame >/dev/null 2>&1 &
            for i in $(seq 100); do ss -ltn | grep -q ':7788 ' && exit; sleep 0.1; done; exit 1
            """)
        try refused("a peer of another version", 106, ["protocol-version-mismatch"], protect)
        try stage.lab.shell(
            .xen2, "pkill -x busybox; rm -f /run/foreign-frame; systemctl start \(controller)", timeout: .seconds(120))
        try stage.product.waitUntilPaired()
    }

    /// The peer's power is cut, and then its processor is a lesser one for a while.
    private func lesserPeer() throws(LabError) {
        let lab = stage.lab
        try lab.cutPower(.xen2)
        try refused("a peer without power", 75, ["peer-unreachable"], protect)
        // One that kernels and programs for any 64-bit processor do without, and that the guest sees at xen1.
        try lab.powerOn(.xen2, lacking: ["lahf-lm"])
        do throws(LabError) {
            try stage.product.waitUntilPaired()
            try refused(
                "a peer with a lesser processor", 109, ["peer-processor-features", "CPUID 80000001 ecx bit 0"], protect)
        } catch {
            // The next scenario powers it on with all of its features.
            try lab.cutPower(.xen2)
            throw error
        }
        try lab.cutPower(.xen2)
        try lab.powerOn(.xen2)
        try stage.product.waitUntilPaired()
    }
}
