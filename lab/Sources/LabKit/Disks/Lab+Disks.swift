import Foundation

extension Lab {
    /// The link that has a resource brought up at boot; `systemctl enable` makes it too, and takes seconds.
    private static func bootLink(_ resource: String) -> String {
        "/etc/systemd/system/multi-user.target.wants/drbd@\(resource).target"
    }

    /// Makes resources from nothing on both hosts: empty disks, the same on both, without a first resync.
    ///
    /// No guest may have them, and no service of replicactl may run.
    ///
    /// - Parameter disks: The resources.
    /// - Throws: ``LabError``.
    func createDisks(_ disks: [MirroredDisk]) throws(LabError) {
        try removeDisks()
        try HostName.together { host throws(LabError) in
            for disk in disks {
                let script = """
                    set -e
                    for d in \(MirroredDisk.Part.allCases.map(disk.disk).joined(separator: " ")); do blkdiscard -z $d; sync $d; done
                    printf %s \(Self.quoted(disk.configuration)) >\(disk.configurationFile)
                    drbdadm create-md --force \(disk)
                    drbdadm up \(disk)
                    ln -sf /lib/systemd/system/drbd@.target \(Self.bootLink("\(disk)"))
                    """
                try shell(host, script, timeout: .seconds(120))
            }
            // What is not on the disk is lost in a power cut.
            try shell(host, "sync")
        }
        for disk in disks {
            try waitForDisk(disk, on: .xen1, "connected") { $0.connection == "Connected" }
            // Both disks are zeros: they are declared the same.
            try shell(.xen1, "drbdadm new-current-uuid --clear-bitmap \(disk)", timeout: .seconds(60))
            try waitForDisk(disk, on: .xen1, "in sync") { $0.isInSync }
            progress.step("\(disk): a new resource on both hosts")
        }
    }

    /// Takes all resources down on both hosts and forgets them, whatever was built on and below them.
    ///
    /// - Throws: ``LabError``.
    func removeDisks() throws(LabError) {
        let names = MirroredDisk.allCases.map(\.rawValue).joined(separator: " ")
        try HostName.together { host throws(LabError) in
            let script = """
                set -e
                for r in \(names); do
                    [ -e /etc/drbd.d/$r.res ] || continue
                    drbdadm down $r
                    rm -f /etc/drbd.d/$r.res \(Self.bootLink("$r"))
                done
                dmsetup remove_all
                losetup --detach-all
                rm -rf /var/lib/replicactl/undo
                """
            try shell(host, script, timeout: .seconds(120))
        }
    }

    /// Reads what DRBD says of a resource.
    ///
    /// - Returns: `nil` if it is not configured on that host.
    /// - Throws: ``LabError``.
    func diskState(_ disk: MirroredDisk, on host: HostName) throws(LabError) -> MirrorState? {
        MirrorState(text: try shell(host, "cat /proc/drbd", timeout: .seconds(60)), minor: disk.minor)
    }

    /// Waits until DRBD says something of a resource.
    ///
    /// - Parameters:
    ///   - disk: The resource.
    ///   - host: Where to ask.
    ///   - state: What is waited for, in a word or two.
    ///   - limit: When to give up.
    ///   - condition: Whether it has come.
    /// - Returns: The state then.
    /// - Throws: ``LabError`` with cause `timedOut`, and what DRBD said last.
    @discardableResult
    func waitForDisk(
        _ disk: MirroredDisk, on host: HostName, _ state: String, limit: Duration = .seconds(300),
        _ condition: (MirrorState) -> Bool
    ) throws(LabError) -> MirrorState {
        var last: MirrorState?
        let reached = try Retry.until(limit: limit, pause: .milliseconds(300)) { () throws(LabError) -> MirrorState? in
            last = try diskState(disk, on: host)
            return last.flatMap { condition($0) ? $0 : nil }
        }
        guard let reached else {
            throw LabError(
                .timedOut, attempt: "wait until \(disk) on \(host) is \(state)",
                outcome: "after \(limit) it is \(last.map(\.description) ?? "not configured")")
        }
        return reached
    }

    /// Has DRBD compare both sides of a resource that is in sync.
    ///
    /// - Parameters:
    ///   - disk: The resource.
    ///   - host: The host that asks for it.
    /// - Returns: What differs, in KiB.
    /// - Throws: ``LabError``.
    func verifyDisk(_ disk: MirroredDisk, from host: HostName) throws(LabError) -> Int {
        try shell(host, "drbdadm verify \(disk)", timeout: .seconds(60))
        return try waitForDisk(disk, on: host, "verified", limit: .seconds(600)) { $0.connection == "Connected" }
            .outOfSync
    }

    /// Compares both hosts' disks below a resource byte by byte; nobody may write meanwhile.
    ///
    /// - Parameter disk: The resource.
    /// - Returns: The blocks of ``BlockSums/blockBytes`` that differ.
    /// - Throws: ``LabError``.
    func compareDisks(_ disk: MirroredDisk) throws(LabError) -> [Range<Int>] {
        let sums = try HostName.together { host throws(LabError) in try self.sums(of: disk, on: host) }
        return sums[0].differences(from: sums[1])
    }

    /// Sums up every block of a host's disk below a resource.
    ///
    /// - Parameters:
    ///   - disk: The resource.
    ///   - host: The host.
    /// - Returns: The checksums.
    /// - Throws: ``LabError``.
    func sums(of disk: MirroredDisk, on host: HostName) throws(LabError) -> BlockSums {
        let command = "python3 -c \(Self.quoted(BlockSums.script)) \(disk.disk(.data))"
        return BlockSums(output: try shell(host, command, timeout: .seconds(300)))
    }
}
