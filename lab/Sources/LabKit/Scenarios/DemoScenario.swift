extension Scenario {
    static let demo = Scenario(
        name: "demo", summary: "what `make demo` shows: a guest, a session, a power cut, and the session goes on",
        options: ["epochs": 40]
    ) { context in
        context.step("two Xen hosts on this machine, in software emulation: figures say nothing about hardware")
        try PowerCut(context).play(comesBack: false)
        context.step("the lab stays up: `lab/lab status`, `lab/lab ssh xen2 replicactl status`, `make lab-down`")
    }
}
