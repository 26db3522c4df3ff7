// Everything on this host that stands in the way of protecting a domain, found at once and without changing anything.

internal import Heartbeat
internal import ReplicaModel
internal import XenToolstack

/// What was looked at, and what was found.
struct Preflight {
    /// Every obstacle, in the order of the checks.
    private(set) var obstacles: [CommandError] = []
    /// What was found good.
    private(set) var passed: [String] = []

    /// Looks at a guest, at this host and at its heartbeat.
    ///
    /// - Parameters:
    ///   - facts: The guest.
    ///   - disks: Its mirrored disks.
    ///   - host: This host.
    ///   - report: The heartbeat service's newest report; `nil` while it is away.
    init(facts: GuestFacts, disks: DiskFindings, host: HostInformation, report: HeartbeatReport?) {
        let name = facts.configuration.name
        checkState(facts, name)
        checkStart(name)
        checkKind(facts, host, name)
        checkDevices(facts, name)
        checkDisks(disks)
        checkBootFiles(facts, name)
        checkMemory(facts, name)
        check(
            report != nil, "the heartbeat service runs", .peerUnreachable,
            "the heartbeat service of this host does not answer, so a failure of a host would not be noticed",
            "start it with `systemctl start replicactl-heartbeat`")
    }

    private mutating func checkState(_ facts: GuestFacts, _ name: String) {
        let runs =
            switch facts.information.state {
            case .running, .blocked: true
            case .paused, .shutdown, .dying: false
            }
        check(
            runs, "\(name) runs", .domainNotRunning, "\(name) does not run (\(facts.information.state))",
            "start or unpause it with `xl`, then protect it")
    }

    private mutating func checkStart(_ name: String) {
        for file in AutomaticStart.files(starting: name) {
            obstacles.append(
                CommandError(
                    .startsAtBoot,
                    "\(file) makes this host start \(name) when it boots, also while the peer runs it after a failover",
                    hint: "remove \(file)"))
        }
    }

    private mutating func checkKind(_ facts: GuestFacts, _ host: HostInformation, _ name: String) {
        switch facts.information.type {
        case .pvh: passed.append("\(name) is a PVH guest")
        case .hvm:
            obstacles.append(
                CommandError(
                    .deviceModelNotSupported,
                    "\(name) is an HVM guest with a device model, whose state is not captured yet",
                    hint: "make it a PVH guest (type = \"pvh\")"))
        case .pv:
            let shadow = host.hasShadowPaging ? "" : ", and this hypervisor has no shadow paging to track its writes"
            obstacles.append(
                CommandError(
                    .paravirtualWithoutShadowPaging, "\(name) is a PV guest\(shadow)",
                    hint: "make it a PVH guest (type = \"pvh\")"))
        }
        check(
            facts.supportsSuspend && facts.callbackIsSet, "its kernel can suspend", .noSuspendSupport,
            "the kernel of \(name) does not offer suspend"
                + (facts.callbackIsSet ? "" : " (its Xen drivers are not up, or it is still booting)"),
            "wait until it is up; its kernel needs Xen guest support (CONFIG_XEN_PVH, CONFIG_XEN_SAVE_RESTORE)")
    }

    private mutating func checkDevices(_ facts: GuestFacts, _ name: String) {
        for device in facts.configuration.passthroughDevices {
            obstacles.append(
                CommandError(
                    .passThroughDevice, "\(name) has the host's \(device), whose state cannot be copied",
                    hint: "take it out with `xl pci-detach` or from the guest's configuration"))
        }
        for interface in facts.interfaces where interface.backend != .control || interface.bridge == nil {
            obstacles.append(
                CommandError(
                    .interfaceNotSupported,
                    "interface \(interface.index) of \(name) is not on a bridge of this host, so its output cannot be held",
                    hint: "give it `bridge=NAME` in the guest's configuration"))
        }
        passed.append(
            "\(facts.interfaces.count) network interface\(facts.interfaces.count == 1 ? "" : "s") whose output can be held"
        )
        check(
            !facts.configuration.usesVirtualNUMA, "no virtual NUMA", .notProtectable,
            "\(name) sees several memory nodes, which libxl cannot restore",
            "take vnuma out of the guest's configuration")
    }

    private mutating func checkDisks(_ findings: DiskFindings) {
        obstacles += findings.obstacles
        let count = findings.disks.count
        guard findings.obstacles.isEmpty, count > 0 else { return }
        passed.append(count == 1 ? "its disk is mirrored" : "its \(count) disks are mirrored")
    }

    private mutating func checkBootFiles(_ facts: GuestFacts, _ name: String) {
        for file in facts.configuration.missingBootFiles {
            obstacles.append(
                CommandError(
                    .bootFileMissing, "\(file), which \(name) is started from, is not on this host",
                    hint: "put it there: the controller makes the guest anew when it reboots"))
        }
    }

    private mutating func checkMemory(_ facts: GuestFacts, _ name: String) {
        check(
            facts.memoryTargetKiB >= facts.staticMaximumKiB, "its memory is not ballooned", .ballooning,
            "\(name) is ballooned: its target is \(facts.memoryTargetKiB / 1024) MiB of "
                + "\(facts.staticMaximumKiB / 1024) MiB, and Xen does not log changes of the memory map",
            "give it all of its memory with `xl mem-set \(name) \(facts.staticMaximumKiB / 1024)`, and leave it alone")
    }

    private mutating func check(
        _ isGood: Bool, _ good: String, _ reason: ReasonCode, _ message: String, _ hint: String
    ) {
        if isGood { passed.append(good) } else { obstacles.append(CommandError(reason, message, hint: hint)) }
    }
}
