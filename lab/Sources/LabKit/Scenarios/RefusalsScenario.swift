extension Scenario {
    static let refusals = Scenario(
        name: "refusals", summary: "bad input: a clear error, its exit status, and a guest that runs on untouched"
    ) { context in
        try Refusals(context).play()
    }
}

/// Everything that can be wrong with a request, one after the other, under the eyes of one client of the guest.
struct Refusals {
    private let context: ScenarioContext
    private let stage: Stage
    private let counter: GuestClient

    /// Brings the stage about.
    init(_ context: ScenarioContext) throws(LabError) {
        self.context = context
        stage = try Stage(context)
        try stage.setWriteRate(500)
        counter = try stage.startCounter()
    }

    private var name: String { stage.guest.name }
    private var protect: String { "\(Product.program) protect \(name)" }

    /// Plays the scenario.
    func play() throws(LabError) {
        let before = try traces()
        try requests()
        try configurationFile()
        try guests()
        try peers()
        try interruption()
        let differences = zip(try traces(), before).flatMap { $0.differences(from: $1) }
        try context.check(differences.isEmpty, "nothing is left on the hosts: \(differences.joined(separator: "\n"))")
        try twice()
        _ = try stage.finish(counter: counter)
        try stage.checkMemory()
    }

    private func traces() throws(LabError) -> [HostTraces] {
        try HostName.allCases.map { host throws(LabError) in try HostTraces(of: host, guest: name, in: stage.lab) }
    }

    // MARK: the cases

    private func requests() throws(LabError) {
        try refused("no domain is named", 64, ["usage"], "\(Product.program) protect")
        try refused("an unknown domain", 100, ["unknown-domain", "nosuch"], "\(Product.program) protect nosuch")
        try refused("an unknown host", 112, ["unknown-peer", "xen9"], "\(protect) --to xen9")
        try refused("not protected", 103, ["not-protected"], "\(Product.program) unprotect \(name)")
        try refused("not root", 77, ["not-root"], "runuser -u nobody -- \(protect)")
        let local = try Command([stage.product.binary(.release), "protect", name]).attempt()
        try judge("not a Xen host", 111, ["not-control-domain"], local)
    }

    private func configurationFile() throws(LabError) {
        let good = ProductSettings().text(for: .xen1)
        let bad = good.replacing("suspend_timeout_ms", with: "suspend_timout_ms")
        try stage.product.configure(.xen1, bad)
        let line =
            1
            + (good.split(separator: "\n", omittingEmptySubsequences: false)
                .firstIndex { $0.hasPrefix("suspend_timeout_ms") } ?? 0)
        try refused(
            "a wrong configuration", 78, ["replicactl.toml:\(line):1", "suspend_timeout_ms"],
            "\(Product.program) reload")
        try stage.product.configure(.xen1, good)
        let result = try stage.product.run(.xen1, "reload")
        try context.check(result.status == 0, "the mended configuration is taken: \(result.errors)")
    }

    private func guests() throws(LabError) {
        try refused(
            "a paused guest", 101, ["domain-not-running"], "xl pause \(name); \(protect)", after: "xl unpause \(name)")
        try refused(
            "a guest without all of its memory", 104, ["balloon"], "xl mem-set \(name) 120; \(protect)",
            after: "xl mem-set \(name) 128")
        let newborn = try paused(.xen1, GuestSpecification(name: "newborn"))
        try refused(
            "a guest whose kernel has not come up", 104, ["suspend", "does not run"],
            "\(newborn); \(Product.program) protect newborn", after: "xl destroy newborn")
        var specification = GuestSpecification(name: "para")
        specification.type = .pv
        try refused(
            "a PV guest", 104, ["PV"], "\(try paused(.xen1, specification)); \(Product.program) protect para",
            after: "xl destroy para")
        try refused(
            "a guest that ended", 101, ["domain-not-running"],
            """
            \(try ended(GuestSpecification(name: "ended")))
            for i in $(seq 600); do xl list ended | grep -q -- '---s[c-]' && break; sleep 0.2; done
            \(Product.program) protect ended
            """, after: "xl destroy ended")
    }

    private func peers() throws(LabError) {
        // A second interface, on a bridge that only this host has.
        try refused(
            "a bridge that the peer has not", 108, ["peer-bridge-missing", "lonely0"],
            """
            ip link add lonely0 type bridge && ip link set lonely0 up
            xl network-attach \(name) bridge=lonely0 mac=00:16:3e:77:01:01
            for i in $(seq 100); do xl network-list \(name) | awk '$1 == 1 && $5 == 4' | grep -q . && break; sleep 0.2; done
            \(protect)
            """,
            after: """
                xl network-detach \(name) 1
                for i in $(seq 100); do ip -br link | grep -q 'vif.*[.]1 ' || break; sleep 0.2; done
                ip link del lonely0
                """)
        try filledPeer()
        let create = try paused(.xen2, GuestSpecification(name: name))
        try stage.lab.shell(.xen2, create)
        try refused("a peer that has such a guest", 105, ["peer-name-taken"], protect)
        try stage.lab.shell(.xen2, "xl destroy \(name)")
        try absentPeer()
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

    /// Ctrl-C in the middle of the first copy; a shell with job control gives it to the command alone, as a terminal does.
    private func interruption() throws(LabError) {
        let script = """
            set -m
            \(protect) &
            for i in $(seq 300); do \(Product.program) status --json | grep -q '"seeding"' && break; sleep 0.05; done
            kill -INT $!; wait $!
            """
        try refused("Ctrl-C during the first copy", 130, ["cancel"], "bash -c \(Lab.quoted(script))")
        try context.wait(until: "xen2 has given its replica up") { () throws(LabError) in
            try stage.lab.domains(on: .xen2).isEmpty ? true : nil
        }
    }

    private func twice() throws(LabError) {
        try stage.protect()
        let result = try stage.lab.attemptShell(.xen1, protect)
        try judge("already protected", 102, ["already-protected"], result)
        try stage.waitForEpochs(3)
    }

    // MARK: parts

    /// Runs a command on xen1 that must be refused.
    private func refused(
        _ title: String, _ status: Int32, _ words: [String], _ script: String, after: String? = nil
    ) throws(LabError) {
        let result = try stage.lab.attemptShell(.xen1, script, timeout: .seconds(300))
        if let after { try stage.lab.shell(.xen1, after, timeout: .seconds(120)) }
        try judge(title, status, words, result)
        let domain = try stage.domain(on: .xen1)
        try context.check(
            domain.map { $0.state == "unprotected" } ?? true, "the guest is not protected: \(domain?.text ?? "nothing")"
        )
        try counter.waitForProgress(20)
    }

    private func judge(_ title: String, _ status: Int32, _ words: [String], _ result: CommandResult) throws(LabError) {
        let text = result.errors.split(separator: "\n").joined(separator: " | ")
        context.note(title.replacing(" ", with: "_"), "\(result.status): \(text)")
        let missing = words.filter { !result.errors.contains($0) }
        try context.check(
            result.status == status && missing.isEmpty,
            missing.isEmpty
                ? "\(title): exit status \(result.status), should be \(status)"
                : "\(title): exit status \(result.status), should be \(status), and the message lacks \(missing)")
    }

    /// The command that creates a guest on a host and leaves it paused at its first instruction.
    private func paused(_ host: HostName, _ specification: GuestSpecification) throws(LabError) -> String {
        try write(
            host, specification, Lab.configuration(specification, guest: Guest(name: specification.name, number: 99)))
        return "xl create -q -p /run/\(specification.name).cfg"
    }

    /// The command that creates a guest whose kernel finds no root and ends, and stays as it is.
    private func ended(_ specification: GuestSpecification) throws(LabError) -> String {
        let text = Lab.configuration(specification, guest: Guest(name: specification.name, number: 99))
            .split(separator: "\n").filter { !$0.hasPrefix("ramdisk") }.joined(separator: "\n")
            .replacing("on_crash = 'destroy'", with: "on_crash = 'preserve'\non_reboot = 'preserve'")
        try write(.xen1, specification, text)
        return "xl create -q /run/\(specification.name).cfg"
    }

    private func write(_ host: HostName, _ specification: GuestSpecification, _ text: String) throws(LabError) {
        try stage.lab.shell(host, "printf '%s\\n' \(Lab.quoted(text)) >/run/\(specification.name).cfg")
    }
}
