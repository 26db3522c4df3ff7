extension Scenario {
    static let refusals = Scenario(
        name: "refusals", summary: "bad input: a clear error, its exit status, and a guest that runs on untouched"
    ) { context in
        try Refusals(context).play()
    }
}

/// Everything that can be wrong with a request, one after the other, under the eyes of one client of the guest.
struct Refusals {
    let context: ScenarioContext
    let stage: Stage
    let counter: GuestClient

    /// Brings the stage about.
    init(_ context: ScenarioContext) throws(LabError) {
        self.context = context
        stage = try Stage(context)
        try stage.setWriteRate(50)
        counter = try stage.startCounter()
    }

    var name: String { stage.guest.name }
    var protect: String { "\(Product.program) protect \(name)" }

    /// Plays the scenario.
    func play() throws(LabError) {
        let before = try traces()
        try requests()
        try configurationFile()
        try guests()
        try peers()
        try interruptions()
        let differences = zip(try traces(), before).flatMap { $0.differences(from: $1) }
        try context.check(differences.isEmpty, "nothing is left on the hosts: \(differences.joined(separator: "\n"))")
        try twice()
        _ = try stage.finish(counter: counter)
        try stage.checkMemory()
    }

    private func traces() throws(LabError) -> [HostTraces] {
        try HostName.together { host throws(LabError) in try HostTraces(of: host, guest: name, in: stage.lab) }
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
        try refused(
            "a disk that the guest can write to", 104, ["disk-not-replicated", "xvdb", "/dev/vdb"],
            """
            xl block-attach \(name) phy:/dev/vdb,xvdb,w
            for i in $(seq 100); do xl block-list \(name) | awk 'NR > 1 && $4 == 4' | grep -q . && break; sleep 1; done
            \(protect)
            """,
            after: """
                xl block-detach \(name) xvdb
                for i in $(seq 100); do xl block-list \(name) | awk 'NR > 1' | grep -q . || break; sleep 1; done
                """)
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
            for i in $(seq 600); do xl list ended | grep -q -- '---s[c-]' && break; sleep 1; done
            \(Product.program) protect ended
            """, after: "xl destroy ended")
    }

    /// Ctrl-C in the first copy, as it begins and between two rounds; a shell with job control gives it to the command
    /// alone, as a terminal does.
    private func interruptions() throws(LabError) {
        try interruption("as the first copy begins", after: "agreeing with the peer")
        // With so much to send again, the copy goes on for all of its rounds.
        try stage.setWriteRate(20_000)
        try interruption("between two rounds of the first copy", after: "round 1,")
        try stage.setWriteRate(50)
    }

    /// The command's own words are waited for, without any other program, which on a busy host would start too late.
    private func interruption(_ moment: String, after words: String) throws(LabError) {
        let script = """
            set -m; : >/run/protect.out
            \(protect) >/run/protect.out 2>&1 & command=$!
            for i in $(seq 600); do
                IFS= read -r -d '' said </run/protect.out
                case $said in *\(Lab.quoted(words))*) break ;; esac
                kill -0 $command 2>/dev/null || break
                sleep 0.1
            done
            kill -INT $command; wait $command; status=$?
            cat /run/protect.out >&2; rm /run/protect.out; exit $status
            """
        try refused("Ctrl-C \(moment)", 130, [words, "was cancelled"], "bash -c \(Lab.quoted(script))")
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
    func refused(
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
    func paused(_ host: HostName, _ specification: GuestSpecification) throws(LabError) -> String {
        try write(host, specification, Self.configuration(specification, without: ["vif"]))
        return "xl create -q -p /run/\(specification.name).cfg"
    }

    /// The command that creates a guest whose kernel finds no root and ends, and stays as it is.
    private func ended(_ specification: GuestSpecification) throws(LabError) -> String {
        let text = Self.configuration(specification, without: ["vif", "ramdisk"])
            .replacing("on_crash = 'destroy'", with: "on_crash = 'preserve'\non_reboot = 'preserve'")
        try write(.xen1, specification, text)
        return "xl create -q /run/\(specification.name).cfg"
    }

    /// The configuration of a guest that nobody talks to; an interface would keep an emulated host busy with its scripts.
    private static func configuration(_ specification: GuestSpecification, without keys: [String]) -> String {
        Lab.configuration(specification, guest: Guest(name: specification.name, number: 99))
            .split(separator: "\n").filter { line in !keys.contains { line.hasPrefix($0) } }.joined(separator: "\n")
    }

    private func write(_ host: HostName, _ specification: GuestSpecification, _ text: String) throws(LabError) {
        try stage.lab.shell(host, "printf '%s\\n' \(Lab.quoted(text)) >/run/\(specification.name).cfg")
    }
}
