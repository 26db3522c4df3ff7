extension Scenario {
    static let diskWrap = Scenario(
        name: "disk-wrap",
        summary: "a resource goes on the epoch layer and off again; its data stays, also through a host's death"
    ) { context in
        try DiskWrap(context).play()
    }
}

/// A resource with data, without a guest.
struct DiskWrap {
    private let context: ScenarioContext
    private let product: Product
    private let disk = MirroredDisk.first

    private var lab: Lab { context.lab }

    /// Brings up both hosts with a new resource that is not on the epoch layer.
    init(_ context: ScenarioContext) throws(LabError) {
        self.context = context
        product = Product(lab: context.lab)
        try Stage.bringHostsUp(lab)
        try Stage.makeDisks([disk], product)
        try product.install()
    }

    /// Plays the scenario.
    func play() throws(LabError) {
        try write(at: 0)
        let before = try lab.sums(of: disk, on: .xen1)
        try product.wrap([disk])
        try checkLayer(isThere: true)
        try context.check(try lab.sums(of: disk, on: .xen1) == before, "wrapping left every block as it was")
        try write(at: 100)
        for host in [HostName.xen2, .xen1] {
            try lab.cutPower(host)
            try lab.powerOn(host)
            try lab.waitForDisk(disk, on: host, "in sync after a power cut") { $0.isInSync }
            try checkLayer(isThere: true)
        }
        try lab.shell(.xen1, "drbdadm primary \(disk)", timeout: .seconds(60))
        try write(at: 200)
        try checkSame()
        let wrapped = try lab.sums(of: disk, on: .xen1)
        for host in [HostName.xen2, .xen1] {
            let result = try product.run(host, "disk unwrap \(disk)")
            try context.check(result.status == 0, "\(host): disk unwrap: status \(result.status) \(result.errors)")
        }
        try lab.waitForDisk(disk, on: .xen1, "in sync") { $0.isInSync }
        try checkLayer(isThere: false)
        try context.check(try lab.sums(of: disk, on: .xen1) == wrapped, "unwrapping left every block as it was")
        try checkSame()
    }

    /// Writes data through DRBD, from a place in MiB on.
    private func write(at place: Int) throws(LabError) {
        let script = "dd if=/dev/urandom of=\(disk.device) bs=64k seek=\(place * 16) count=160 oflag=direct status=none"
        try lab.shell(.xen1, script, timeout: .seconds(120))
    }

    private func checkSame() throws(LabError) {
        let size = try lab.verifyDisk(disk, from: .xen1)
        try context.check(size == 0, "drbdadm verify finds \(size) KiB out of sync")
        let differences = try lab.compareDisks(disk)
        try context.check(differences.isEmpty, "the hosts' disks are the same: \(differences.prefix(8))")
    }

    /// Demands that DRBD's lower disk is the epoch layer's device, or the disk itself.
    private func checkLayer(isThere: Bool) throws(LabError) {
        for host in HostName.allCases {
            let lower = try lab.shell(host, "drbdsetup show \(disk) | awk '$1 == \"disk\" && $2 != \"{\" { print $2 }'")
            try context.check(
                lower.contains("replicactl-\(disk)") == isThere, "\(host): DRBD's lower disk is \(lower)")
        }
    }
}
