internal import Heartbeat
internal import Simulation

/// Every subcommand there is: the one source of the parser, the help and the manual page.
enum CommandTable {
    private static let config = CommandDescription.Option(
        name: "config", value: "FILE", help: "the configuration file, instead of \(ConfigurationLoader.defaultPath)")

    private static func range(_ values: ClosedRange<UInt64>) -> String {
        "\(values.lowerBound) to \(values.upperBound)"
    }

    static let all: [CommandDescription] = [
        CommandDescription(
            name: "protect", arguments: "<domU>", argumentCount: 1...1,
            summary: "make a running guest survive the loss of this host",
            details: [
                "Looks for obstacles on both hosts, copies the guest to the peer while it runs, and comes back when the"
                    + " first checkpoint is acknowledged. From then on the guest's network output is held until the"
                    + " checkpoint that covers it is safe on the peer.",
                "The progress of the copy is shown. Ctrl-C cancels; the guest runs on untouched.",
            ],
            options: [
                .init(
                    name: "to", value: "HOST", help: "the host that holds the replica; it must be the configured peer"),
                config,
            ], audience: .operators),
        CommandDescription(
            name: "unprotect", arguments: "<domU>", argumentCount: 1...1,
            summary: "end the protection of a guest, which runs on",
            details: [
                "Releases all output, has the peer discard the replica, and takes away everything that protection has"
                    + " added to the guest's network path."
            ], options: [config], audience: .operators),
        CommandDescription(
            name: "switchover", arguments: "<domU>", argumentCount: 1...1,
            summary: "move a protected guest to the other host, without loss",
            details: [
                "Run it on the host on which the guest runs. The guest is suspended for its last checkpoint and goes on"
                    + " from exactly there on the other host; its connections stay. The other host then protects it in"
                    + " the opposite direction, as `policy.reprotect` says."
            ], options: [config], audience: .operators),
        CommandDescription(
            name: "failback", arguments: "<domU>", argumentCount: 1...1,
            summary: "move a guest back to the host on which it was first protected",
            details: [
                "The same as a switchover, but only towards home. No guest ever moves back by itself."
            ], options: [config], audience: .operators),
        CommandDescription(
            name: "takeover", arguments: "<domU>", argumentCount: 1...1,
            summary: "go on with a guest here, because the other host is surely off",
            details: [
                "For what the policy leaves to an operator: makes the replica the guest, or opens the output that a primary"
                    + " holds. It is refused while the other host is heard, unless this host holds the guest's output and"
                    + " the other one has no word on the guest. If that host runs the guest after all, there are two:"
                    + " look at it, or switch it off, before."
            ],
            options: [
                .init(
                    name: "other-host-is-off", value: nil, help: "say that you made sure; without it nothing is done"),
                config,
            ], audience: .operators),
        CommandDescription(
            name: "tune", arguments: "<domU>", argumentCount: 1...1,
            summary: "change the rhythm of a guest's epochs while it is protected",
            details: [
                "Run it on the host on which the guest runs. The change holds from the next epoch on, and no epoch is lost. It"
                    + " is kept when the guest is protected again by this host, and ends with --reset, with a restart of the"
                    + " controller, or when the guest moves; what is to last belongs into the configuration.",
                "`replicactl status` shows the rhythm and how long output is held.",
            ],
            options: [
                .init(
                    name: Tuning.intervalOption, value: "N",
                    help: "a fixed interval of N milliseconds, \(range(PacingLimits.interval)), and at most"
                        + " epoch.acknowledge_timeout_ms"),
                .init(
                    name: Tuning.outputLatencyOption, value: "N",
                    help:
                        "hold 99 of 100 frames for at most N milliseconds, \(range(PacingLimits.outputLatency)); the interval follows"
                        + " from it"),
                .init(name: Tuning.resetOption, value: nil, help: "go back to what the configuration says"), config,
            ], audience: .operators),
        CommandDescription(
            name: "status", arguments: "", argumentCount: 0...0, summary: "show both hosts and every domain",
            details: [
                "One line a domain: what this host is for it, its state and since when, its generation and epoch, how"
                    + " long the guest stands still an epoch, and the output that is held. Then the last epoch's phases,"
                    + " and why a domain is not protected."
            ],
            options: [
                .init(name: "json", value: nil, help: "print one JSON object, as docs/status.md describes it"), config,
            ], audience: .operators),
        CommandDescription(
            name: "check", arguments: "<domU>", argumentCount: 1...1,
            summary: "name everything that stands in the way of protecting a guest",
            details: ["Looks at the guest, this host and the peer, names every obstacle at once, and changes nothing."],
            options: [.init(name: "json", value: nil, help: "print one JSON object"), config], audience: .operators),
        CommandDescription(
            name: "events", arguments: "", argumentCount: 0...0,
            summary: "show what this host has decided, and why",
            details: [
                "Reads the event log of this host from its files, so it works while the controller is down. One line an"
                    + " event: when, which domain, the state before and after, the reason and what it means.",
                "Times are in universal time. Ctrl-C ends --follow.",
            ],
            options: [
                .init(name: "follow", value: nil, help: "wait for further events"),
                .init(
                    name: "json", value: nil,
                    help: "print the lines of the log as they are, as docs/events.md describes them"),
                .init(name: "domain", value: "NAME", help: "only events of this domain, by name or UUID"),
                .init(
                    name: "since", value: "TIME",
                    help:
                        "only events from then on: 2026-11-20, 2026-11-20T09:41:57Z, or 90s, 15m, 2h, 3d for so long ago"
                ),
                .init(
                    name: "last", value: "N",
                    help: "at most the last N events; \(EventsCommand.standardCount) without --since"),
                config,
            ], audience: .operators),
        CommandDescription(
            name: "explain", arguments: "<domU>", argumentCount: 1...1,
            summary: "tell in words who owns a guest and why, and what happened",
            details: [
                "Who runs the guest since when and why, what protects it, what happened in order since it was last"
                    + " protected, what was decided not to do, what you can do now, and how long it ran unprotected.",
                "It tells what this host knows, from its event log and, where it answers, its controller.",
            ], options: [config], audience: .operators),
        CommandDescription(
            name: "disk", arguments: "wrap|unwrap|status|assemble [RESOURCE]", argumentCount: 1...2,
            summary: "put DRBD resources on the epoch layer, and look at them",
            details: [
                "disk wrap RESOURCE puts a DRBD resource of this host on the epoch layer, without which a guest with disks"
                    + " cannot be protected; disk unwrap RESOURCE takes it off again. Nothing is copied, and a guest may use"
                    + " the resource meanwhile: it reads and writes through the peer for a moment. Run it on both hosts.",
                "disk status tells of each resource, or of one, how DRBD is, how the layer is, and what stands against a"
                    + " protection with it, with what to do.",
                "disk assemble is for replicactl-disks.service: at the start of the host, before DRBD, it makes the layers"
                    + " again and settles what a takeover has left that a crash broke off.",
                "It works on this host alone and needs no controller.",
            ],
            options: [
                .init(
                    name: "json", value: nil,
                    help: "print one JSON object of the status, as docs/disks.md describes it"), config,
            ], audience: .operators),
        CommandDescription(
            name: "reload", arguments: "", argumentCount: 0...0,
            summary: "have the controller read its configuration again",
            details: [
                "A file with errors changes nothing, and every error is shown. Running protections follow the new values without"
                    + " losing an epoch. Changed keys that they do not follow, or that wait for a restart of the services, are"
                    + " named."
            ], options: [config], audience: .operators),
        CommandDescription(
            name: "simulate", arguments: "", argumentCount: 0...0,
            summary: "play what the two hosts do under faults, without any host",
            details: [
                "Drives the decisions of both hosts, with a simulated hypervisor, network, disk, clock and witness, and checks"
                    + " the safety rules after every step. It touches nothing and needs no rights.",
                "--scenario answers what happens if this and then that fails: it prints who does what, when and why, and who"
                    + " serves the client in the end. Scenarios that are always there: "
                    + NamedScenarios.names.joined(separator: ", ")
                    + ". Without options it runs 10,000 seeds with faults drawn at random.",
            ],
            options: [
                .init(
                    name: "scenario", value: "FILE", help: "play a file, as docs/simulator.md describes it, or a name"),
                .init(name: "seed", value: "N", help: "run one seed, and tell what happens"),
                .init(name: "seeds", value: "A..B", help: "run a range of seeds"),
                .init(name: "json", value: nil, help: "print one JSON object with the figures"),
            ], audience: .operators),
        CommandDescription(
            name: "keygen", arguments: "", argumentCount: 0...0,
            summary: "make the key with which two hosts sign their heartbeats",
            details: [
                "Writes a new random key into a file that only its owner may read, and never overwrites one. Run it on one"
                    + " host, and copy the file to the same place on the other one: two hosts with different keys do not"
                    + " hear each other."
            ],
            options: [
                .init(name: "output", value: "FILE", help: "the file, instead of \(HeartbeatKeyFile.defaultPath)")
            ], audience: .operators),
        CommandDescription(
            name: "version", arguments: "", argumentCount: 0...0,
            summary: "print the versions of replicactl and its protocol",
            details: [], options: [], audience: .operators),
        CommandDescription(
            name: "help", arguments: "[COMMAND | exit-status]", argumentCount: 0...1,
            summary: "explain a command, or the exit statuses", details: [], options: [], audience: .operators),
        CommandDescription(
            name: "controller", arguments: "", argumentCount: 0...0, summary: "run the controller",
            details: ["Started by replicactl-controller.service, on both hosts. Ends on SIGTERM."], options: [config],
            audience: .services),
        CommandDescription(
            name: "heartbeat", arguments: "", argumentCount: 0...0, summary: "run the heartbeat",
            details: ["Started by replicactl-heartbeat.service, on both hosts. Ends on SIGTERM."], options: [config],
            audience: .services),
        CommandDescription(
            name: "toolstack-helper", arguments: "VERB [ARGUMENT...]", argumentCount: 0...Int.max,
            summary: "run one errand of the controller with libxl",
            details: ["Started by the controller only; talks to it through inherited descriptors."], options: [],
            audience: .itself),
    ]

    static func find(_ name: String) -> CommandDescription? { all.first { $0.name == name } }
}
