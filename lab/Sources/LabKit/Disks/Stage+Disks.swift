extension Stage {
    /// Begins with new disks that are the same on both hosts, and with nobody who uses them.
    static func makeDisks(_ disks: [MirroredDisk], _ product: Product) throws(LabError) {
        try removeGuests(in: product.lab)
        // What an earlier run put on the epoch layer must come off while its program knows of it.
        try product.unwrapAll()
        try product.stop()
        try product.lab.createDisks(disks)
        for disk in disks { try product.lab.shell(.xen1, "drbdadm primary \(disk)", timeout: .seconds(60)) }
    }

    /// Waits until DRBD has both sides of all disks in sync.
    func waitUntilInSync(on host: HostName) throws(LabError) {
        for disk in disks { try lab.waitForDisk(disk, on: host, "in sync") { $0.isInSync } }
        context.step("the disks are in sync")
    }

    /// Demands that the hosts' disks are the same, byte by byte and in DRBD's eyes, while the guest leaves them alone.
    ///
    /// - Parameter host: The host that has the guest.
    /// - Throws: ``LabError`` with cause `checkFailed`.
    func checkSame(from host: HostName) throws(LabError) {
        try waitUntilInSync(on: host)
        try guestDisks.atRest { () throws(LabError) in
            for disk in disks {
                let differences = try lab.compareDisks(disk)
                let blocks = differences.reduce(0) { $0 + $1.count }
                try context.check(
                    blocks == 0, "\(disk): \(blocks) blocks differ between the hosts: \(differences.prefix(8))")
                let size = try lab.verifyDisk(disk, from: host)
                try context.check(size == 0, "\(disk): drbdadm verify finds \(size) KiB out of sync")
            }
        }
    }
}

extension Product {
    /// Puts resources on the epoch layer on both hosts.
    func wrap(_ disks: [MirroredDisk]) throws(LabError) {
        for disk in disks {
            // The side that no guest uses first.
            for host in [HostName.xen2, .xen1] {
                let result = try run(host, "disk wrap \(disk)")
                guard result.status == 0 else {
                    throw LabError(
                        .commandFailed, attempt: "put \(disk) on the epoch layer of \(host)",
                        outcome: "status \(result.status) \(result.output)\(result.errors)")
                }
            }
            try lab.waitForDisk(disk, on: .xen1, "in sync") { $0.isInSync }
            // Whatever wrapping did with the role: a guest can only have a primary's device.
            try lab.shell(.xen1, "drbdadm primary \(disk)", timeout: .seconds(60))
            lab.progress.step("\(disk): on the epoch layer on both hosts")
        }
    }

    /// Takes what resources there are off the epoch layer, if the program of an earlier run is there and can.
    func unwrapAll() throws(LabError) {
        try HostName.together { host throws(LabError) in
            for disk in MirroredDisk.allCases {
                let script =
                    "! [ -x \(Self.program) ] || ! [ -e \(disk.configurationFile) ] || \(Self.program) disk unwrap \(disk)"
                let result = try lab.attemptShell(host, script, timeout: .seconds(120))
                if result.status != 0 { lab.progress.step("\(host): \(disk) is not unwrapped: \(result.errors)") }
            }
        }
    }

    /// Ends the services on both hosts.
    func stop() throws(LabError) {
        try HostName.together { host throws(LabError) in
            let script =
                "for s in \(Self.allServices); do ! systemctl -q cat $s >/dev/null 2>&1 || systemctl stop $s; done"
            try lab.shell(host, script, timeout: .seconds(120))
        }
    }
}
