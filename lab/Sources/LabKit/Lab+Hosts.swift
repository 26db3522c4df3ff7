import Foundation

/// Whether a host runs.
public enum PowerState: String, Sendable {
    /// Its QEMU does not run.
    case off
    /// Its QEMU runs.
    case running
    /// Its QEMU is stopped by `freeze`.
    case frozen
}

extension Lab {
    /// Reads whether a host runs.
    ///
    /// A host that rebooted or panicked is off: its QEMU does not start it again.
    ///
    /// - Parameter host: The host.
    /// - Returns: The state of its QEMU.
    public func power(of host: HostName) -> PowerState {
        guard let process = process(host) else { return .off }
        return ProcessTable.isStopped(process) ? .frozen : .running
    }

    /// The hosts that run, frozen ones left out.
    var runningHosts: [HostName] { HostName.allCases.filter { power(of: $0) == .running } }

    /// Kills a host's QEMU, as a power cut does to a machine.
    ///
    /// - Parameter host: The host.
    /// - Throws: ``LabError`` with cause `hostOff`.
    public func cutPower(_ host: HostName) throws(LabError) {
        try ProcessTable.end([try requireProcess(host, attempt: "cut the power of \(host)")])
        try closeShell(host)
        progress.step("\(host): power cut")
    }

    /// Boots a host that is off, with the disks it had, and waits until it takes commands.
    ///
    /// - Parameters:
    ///   - host: The host.
    ///   - features: What its processor is to lack until its power is cut again, in QEMU's words.
    /// - Throws: ``LabError`` with cause `conflict` if the lab was never up.
    public func powerOn(_ host: HostName, lacking features: [String] = []) throws(LabError) {
        try beginPowerOn(host, lacking: features)
        try waitUntilUp(host)
    }

    /// Begins to boot a host that is off, as ``powerOn(_:lacking:)`` does, and does not wait for it.
    ///
    /// - Parameters:
    ///   - host: The host.
    ///   - features: What its processor is to lack until its power is cut again, in QEMU's words.
    /// - Throws: ``LabError`` with cause `conflict` if the lab was never up.
    func beginPowerOn(_ host: HostName, lacking features: [String] = []) throws(LabError) {
        try exclusively { () throws(LabError) in
            guard Files.exists(layout.imageKeyFile), Files.exists("/run/netns/\(Self.namespace)") else {
                throw LabError(
                    .conflict, attempt: "power on \(host)", outcome: "the lab is down", remedy: "Run `lab/lab up`.")
            }
            if process(host) == nil { try start(host, image: try runningImage(), lacking: features) }
        }
    }

    /// Stops a host in the middle of whatever it does: no vCPU, no device and no timer of it runs until `thaw`.
    ///
    /// - Parameter host: The host.
    /// - Throws: ``LabError`` with cause `hostOff`.
    public func freeze(_ host: HostName) throws(LabError) {
        try signal(host, SIGSTOP, attempt: "freeze \(host)", until: .frozen)
        progress.step("\(host): frozen")
    }

    /// Lets a frozen host go on.
    ///
    /// - Parameter host: The host.
    /// - Throws: ``LabError`` with cause `hostOff`.
    public func thaw(_ host: HostName) throws(LabError) {
        try signal(host, SIGCONT, attempt: "thaw \(host)", until: .running)
        progress.step("\(host): thawed")
    }

    /// Finds a host's QEMU: a process whose command line names our monitor socket, not just a process id.
    ///
    /// - Parameter host: The host.
    /// - Returns: The process id, or `nil` if it does not run.
    public func process(_ host: HostName) -> Int32? {
        guard
            let text = try? Files.read(layout.processFile(host)),
            let process = pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)),
            let words = ProcessTable.commandLine(process),
            words.contains(where: { $0.hasPrefix("unix:\(layout.monitorSocket(host)),") })
        else { return nil }
        return process
    }

    private func requireProcess(_ host: HostName, attempt: String) throws(LabError) -> pid_t {
        guard let process = process(host) else {
            throw LabError(
                .hostOff, attempt: attempt, outcome: "\(host) is off",
                remedy: "Run `lab/lab power-on \(host)`; its last words are in `lab/lab logs \(host)`.")
        }
        return process
    }

    /// Checks that a host can do something now.
    func requireRunning(_ host: HostName, attempt: String) throws(LabError) {
        let process = try requireProcess(host, attempt: attempt)
        guard !ProcessTable.isStopped(process) else {
            throw LabError(
                .hostFrozen, attempt: attempt, outcome: "\(host) is frozen", remedy: "Run `lab/lab thaw \(host)`.")
        }
    }

    private func signal(_ host: HostName, _ number: Int32, attempt: String, until state: PowerState) throws(LabError) {
        kill(try requireProcess(host, attempt: attempt), number)
        let reached = try Retry.until(limit: .seconds(5), pause: .milliseconds(2)) { () throws(LabError) -> Bool? in
            power(of: host) == state ? true : nil
        }
        guard reached != nil else {
            throw LabError(
                .timedOut, attempt: attempt, outcome: "it is \(power(of: host).rawValue) 5 s after the signal")
        }
    }

    /// Starts a host's QEMU; makes its disks if they are not there.
    func start(_ host: HostName, image: HostImage, lacking features: [String] = []) throws(LabError) {
        try closeShell(host)
        let system = layout.systemDisk(host)
        if !Files.exists(system) {
            try Command(["qemu-img", "create", "-q", "-f", "qcow2", "-b", image.disk, "-F", "raw", system]).run()
        }
        for disk in MirroredDisk.allCases {
            for part in MirroredDisk.Part.allCases where !Files.exists(layout.disk(disk, part, of: host)) {
                let file = layout.disk(disk, part, of: host)
                try Command(["qemu-img", "create", "-q", "-f", "qcow2", file, part.size]).run()
            }
        }
        try Command(Self.inNamespace(machine(host, image: image, lacking: features))).run()
        // A cable that was pulled stays pulled.
        for network in NetworkName.cables where try link(host, network) == .down {
            try setLink(host, network, .down)
        }
        progress.step("\(host): QEMU runs (process \(process(host) ?? 0)), booting")
    }

    /// Waits until a host that boots takes commands.
    ///
    /// It then has its addresses, and `xl` works.
    func waitUntilUp(_ host: HostName) throws(LabError) {
        let limit = Duration.seconds(300)
        let attempt = "bring \(host) up"
        let up = try Retry.until(limit: limit, pause: .milliseconds(300)) { () throws(LabError) -> Bool? in
            try requireRunning(host, attempt: attempt)
            return try secureShell(host, connectTimeout: 2, ["true"]).attempt().status == 0 ? true : nil
        }
        guard up != nil else {
            throw LabError(
                .timedOut, attempt: attempt, outcome: "it does not take ssh connections after \(limit)",
                remedy: "See how far it got with `lab/lab logs \(host)`.")
        }
        progress.step("\(host): up at \(host.address(on: .lan))")
    }

    /// The QEMU command line of a host.
    ///
    /// TCG is asked for by name: `/dev/kvm` may exist and still be no use for Xen. The CPU model is the one under
    /// which both Xen's SVM code and a PV Dom0 work; more features break the Dom0.
    private func machine(_ host: HostName, image: HostImage, lacking features: [String]) -> [String] {
        let processor = ["qemu64", "+svm", "+npt"] + features.map { "\($0)=off" }
        // Messages about guests stay at Xen's default: with all of them, each capture of a guest's state writes twenty lines
        // to the emulated serial port while the guest stands still. An emulated processor does not speculate.
        let xen = "dom0_mem=1024M,max:1024M dom0_max_vcpus=1 com1=115200 console=com1 loglvl=all spec-ctrl=no"
        let domain0 = [
            "root=/dev/vda", "rw", "console=hvc0", "net.ifnames=0", "mitigations=off", "lab.index=\(host.index)",
            "systemd.hostname=\(host)", "systemd.machine_id=\(String(repeating: "0", count: 31))\(host.index)",
        ].joined(separator: " ")
        var words = [
            "qemu-system-x86_64", "-name", host.rawValue, "-nodefaults", "-display", "none", "-machine", "pc",
            "-accel", "tcg,thread=multi,tb-size=512", "-cpu", processor.joined(separator: ","), "-smp",
            "\(layout.hostProcessors)", "-m", "\(layout.hostMemory)",
            // A reset is as good as a power cut: the host stays off until someone powers it on.
            "-no-reboot",
            "-daemonize", "-pidfile", layout.processFile(host),
            "-qmp", "unix:\(layout.monitorSocket(host)),server=on,wait=off",
            "-kernel", image.hypervisor, "-append", xen,
            "-initrd", "\(image.kernel) \(domain0),\(image.ramDisk)",
            "-chardev", "file,id=console,path=\(layout.consoleLog(host)),append=on", "-serial", "chardev:console",
            "-device", "virtio-serial-pci", "-chardev", "file,id=journal,path=\(layout.journal(host)),append=on",
            "-device", "virtconsole,chardev=journal",
        ]
        // Dom0 finds them as /dev/vda, /dev/vdb and so on, in this order.
        var drives = [("system", layout.systemDisk(host))]
        for disk in MirroredDisk.allCases {
            for part in MirroredDisk.Part.allCases {
                drives.append(("\(disk)-\(part.rawValue)", layout.disk(disk, part, of: host)))
            }
        }
        for (name, path) in drives {
            words += ["-drive", "file=\(path),if=none,id=\(name),cache=unsafe,discard=unmap"]
            words += ["-device", "virtio-blk-pci,drive=\(name)"]
        }
        for network in NetworkName.allCases {
            words += ["-netdev", "tap,id=\(network),ifname=\(host.tap(on: network)),script=no,downscript=no"]
            // Without event_idx a card interrupts more often than it must, and one lost interrupt, which happens in
            // emulation once in hours, does not stop it for ever.
            let card = "virtio-net-pci,event_idx=off,netdev=\(network),mac=\(host.networkCardAddress(on: network))"
            words += ["-device", card]
        }
        return words
    }
}
