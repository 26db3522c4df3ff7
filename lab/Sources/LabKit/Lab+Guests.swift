import Foundation
import Synchronization

extension Lab {
    private static let hostDirectory = "/var/lib/replicactl-lab"
    private static let numbers = 50..<100
    private static let lookPause = Duration.seconds(10)
    /// To find out that nothing has changed takes seconds.
    private static let isGuestImageBuilt = Mutex(false)

    /// Creates a guest and waits until it answers the client on port 22 or 7000.
    ///
    /// - Parameter specification: What it is to be.
    /// - Returns: The running guest.
    /// - Throws: ``LabError`` with cause `conflict` if there is a guest of that name, `timedOut` if it does not answer.
    @discardableResult
    public func createGuest(_ specification: GuestSpecification) throws(LabError) -> Guest {
        let name = specification.name
        let host = specification.host
        try Self.check(name: name)
        if let owner = try hosts(running: name).first {
            throw LabError(
                .conflict, attempt: "create the guest \(name)", outcome: "it runs on \(owner)",
                remedy: "Run `lab/lab guest destroy \(name)`, or take another name.")
        }
        try pushGuestImage(withLoads: specification.hasLoads)
        let guest = try register(name)
        let file = "/etc/xen/\(name).cfg"
        let configuration = Self.configuration(specification, guest: guest)
        try HostName.together(runningHosts) { host throws(LabError) in
            try shell(host, "printf %s \(Self.quoted(configuration)) >\(file)")
        }
        progress.step("\(name): xl create on \(host) (\(specification.type.rawValue), \(specification.memory) MiB)")
        try shell(host, "xl create -q \(file)")
        progress.step("\(name): created, waiting for \(guest.address)")
        try waitUntilAnswers(guest, on: host)
        progress.step("\(name): answers at \(guest.address) and \(guest.address6)")
        return guest
    }

    /// Destroys a guest on all running hosts, or on one, and forgets it when it is nowhere left.
    ///
    /// - Parameters:
    ///   - name: The domain's name.
    ///   - host: The host; `nil` takes all that run.
    /// - Throws: ``LabError`` with cause `commandFailed`.
    public func destroyGuest(_ name: String, on host: HostName? = nil) throws(LabError) {
        try Self.check(name: name)
        let owners = try hosts(running: name).filter { host == nil || host == $0 }
        for owner in owners {
            try shell(owner, "xl destroy \(name)")
            progress.step("\(name): destroyed on \(owner)")
        }
        if owners.isEmpty { progress.step("\(name): not on \(host?.rawValue ?? "any running host")") }
        guard try hosts(running: name).isEmpty else { return }
        try Files.remove("\(layout.guests)/\(name)")
        try HostName.together(runningHosts) { host throws(LabError) in try shell(host, "rm -f /etc/xen/\(name).cfg") }
    }

    /// Finds a guest's place on the networks.
    ///
    /// - Parameter name: The domain's name.
    /// - Returns: The guest, or `nil` if this lab has not created one of that name.
    public func guest(_ name: String) -> Guest? {
        guard let text = try? Files.read("\(layout.guests)/\(name)"), let number = Int(text) else { return nil }
        return Guest(name: name, number: number)
    }

    /// Finds the hosts that have a domain of that name, in whatever state.
    ///
    /// - Parameter name: The domain's name.
    /// - Returns: The hosts; ones that are off or frozen are left out.
    /// - Throws: ``LabError`` if a host does not answer.
    public func hosts(running name: String) throws(LabError) -> [HostName] {
        let hosts = runningHosts
        let isThere = try HostName.together(hosts) { host throws(LabError) in
            try attemptShell(host, "xl domid \(Self.quoted(name))", timeout: .seconds(60)).status == 0
        }
        return zip(hosts, isThere).filter(\.1).map(\.0)
    }

    /// The xl configuration of a guest.
    static func configuration(_ specification: GuestSpecification, guest: Guest) -> String {
        let arguments = [
            "console=hvc0", "replica.ip4=\(guest.address)/24", "replica.ip6=\(guest.address6)/64",
            "replica.hostname=\(guest.name)", "replica.region_mib=\(specification.region)",
            // It writes when a scenario says so: one that writes takes half of its host's processor.
            "replica.rate=0",
        ]
        var lines = [
            "name = '\(guest.name)'",
            "type = '\(specification.type.rawValue)'",
            "memory = \(specification.memory)",
            "vcpus = \(specification.vcpus)",
            // What an HVM guest's firmware starts unpacks itself; the others' is unpacked by the toolstack, which takes an
            // emulated Dom0 a quarter of a minute.
            "kernel = '\(hostDirectory)/\(specification.type == .hvm ? "vmlinuz" : "vmlinux")'",
            "ramdisk = '\(hostDirectory)/\(ramDisk(specification))'",
            "cmdline = '\(arguments.joined(separator: " "))'",
            // type=vif: an HVM guest gets no emulated card, whose frames would bypass the virtual interface.
            "vif = [ 'bridge=xenbr0,mac=\(guest.macAddress),type=vif' ]",
            "disk = [ \(specification.disks.map { "'\($0)'" }.joined(separator: ", ")) ]",
            "on_crash = 'destroy'",
        ]
        if specification.type == .hvm {
            lines += ["vga = 'none'", "vnc = 0", "sdl = 0", "nographic = 1", "usb = 0", "serial = 'null'"]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func ramDisk(_ specification: GuestSpecification) -> String {
        if specification.hasLoads { return "initrd-load.img" }
        return specification.disks.isEmpty ? "initrd.img" : "initrd-disk.img"
    }

    private static func check(name: String) throws(LabError) {
        guard name.wholeMatch(of: /[a-z][a-z0-9-]{0,30}/) == nil else { return }
        throw LabError(
            .badUsage, attempt: "use the guest name '\(name)'",
            outcome: "it must be a lower-case letter, then up to 30 letters, digits and hyphens")
    }

    /// Gives a guest the first free number, or the one that it has.
    private func register(_ name: String) throws(LabError) -> Guest {
        if let guest = guest(name) { return guest }
        let taken = Set(Files.list(layout.guests).compactMap { self.guest($0)?.number })
        guard let number = Self.numbers.first(where: { !taken.contains($0) }) else {
            throw LabError(
                .conflict, attempt: "find an address for \(name)", outcome: "all \(Self.numbers.count) are taken",
                remedy: "Destroy a guest.")
        }
        try Files.write("\(number)", to: "\(layout.guests)/\(name)")
        return Guest(name: name, number: number)
    }

    /// Builds the guest image, unless it is built, and copies it to the hosts that do not have it; the large one with the
    /// loads of benchmarks only where it is wanted.
    private func pushGuestImage(withLoads hasLoads: Bool) throws(LabError) {
        try exclusively { () throws(LabError) in
            if !Self.isGuestImageBuilt.withLock({ $0 }) { try buildGuestImage() }
            try push("key", ["vmlinux", "vmlinuz", "initrd.img", "initrd-disk.img"])
            if hasLoads { try push("key-load", ["initrd-load.img"]) }
        }
    }

    private func buildGuestImage() throws(LabError) {
        try Files.makeDirectory(layout.guestImage)
        let log = "\(layout.cache)/guest.log"
        try Files.remove(log)
        progress.step("guest image: building unless unchanged (log in \(log))")
        try Command(["\(layout.source)/guest/build", layout.guestImage, "\(layout.sshKey).pub"], log: log).run()
        Self.isGuestImageBuilt.withLock { $0 = true }
    }

    /// Copies files of the guest image to the hosts that do not have them, by the key of the build that is kept there.
    private func push(_ keyName: String, _ names: [String]) throws(LabError) {
        let key = try Files.read("\(layout.guestImage)/key")
        let files = names.map { "\(layout.guestImage)/\($0)" }
        let target = "\(Self.hostDirectory)/\(keyName)"
        try HostName.together(runningHosts) { host throws(LabError) in
            guard try attemptShell(host, "cat \(target)").output != key else { return }
            progress.step("guest image: copying \(names.joined(separator: ", ")) to \(host)")
            try push(host, files, to: Self.hostDirectory)
            // The key says that they are there, also after a power cut.
            try shell(host, "sync; printf %s \(Self.quoted(key)) >\(target)", timeout: .seconds(120))
        }
    }

    private func waitUntilAnswers(_ guest: Guest, on host: HostName) throws(LabError) {
        let attempt = "bring the guest \(guest.name) up"
        let remedy = "See its console: `lab/lab ssh \(host) cat /var/log/xen/console/guest-\(guest.name).log`."
        let limit = Duration.seconds(300)
        var nextLook = ContinuousClock.now + Self.lookPause
        let answers = try Retry.until(limit: limit, pause: .milliseconds(200)) { () throws(LabError) -> Bool? in
            if portAnswers(guest.address, port: 22) || portAnswers(guest.address, port: 7000) { return true }
            // Dom0 and the guest share a processor: whoever looks too often keeps the guest from booting.
            guard ContinuousClock.now >= nextLook else { return nil }
            nextLook = .now + Self.lookPause
            if try attemptShell(host, "xl domid \(guest.name)").status != 0 {
                throw LabError(.unhealthy, attempt: attempt, outcome: "it crashed or ended", remedy: remedy)
            }
            return nil
        }
        guard answers != nil else {
            throw LabError(.timedOut, attempt: attempt, outcome: "no answer from \(guest.address)", remedy: remedy)
        }
    }
}
