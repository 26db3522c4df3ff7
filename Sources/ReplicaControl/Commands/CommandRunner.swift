internal import CheckpointStream
internal import ReplicaModel
internal import SystemKit

/// Runs one command that has been parsed.
struct CommandRunner {
    let output: CommandOutput
    let facts: HostFacts
    let services: ServiceEntries
    let values: [String: String]
    let arguments: [String]

    var configurationPath: String { values["config"] ?? ConfigurationLoader.defaultPath }

    func run(_ command: CommandDescription) throws(CommandError) -> ExitStatus {
        switch command.name {
        case "protect":
            return try protect()
        case "unprotect":
            output.out(try request(ControlRequest(.unprotect, domain: arguments[0])).message + "\n")
        case "switchover":
            output.out(try request(ControlRequest(.switchover, domain: arguments[0])).message + "\n")
        case "failback":
            output.out(try request(ControlRequest(.failback, domain: arguments[0])).message + "\n")
        case "takeover":
            guard values["other-host-is-off"] != nil else {
                throw CommandError(
                    .usage, "nothing was done: a takeover beside a host that runs the guest makes two of it",
                    hint: "make sure that the other host is off, then add --other-host-is-off")
            }
            output.out(try request(ControlRequest(.takeover, domain: arguments[0])).message + "\n")
        case "tune":
            let tuning: Tuning
            do throws(Tuning.Refusal) { tuning = try Tuning(options: values) } catch { throw CommandError(error) }
            output.out(try request(ControlRequest(.tune, domain: arguments[0], tuning: tuning)).message + "\n")
        case "status":
            return try status()
        case "check":
            return try check()
        case "disk":
            return try disk()
        case "events":
            return try events()
        case "explain":
            return try explain()
        case "reload":
            output.out(try request(ControlRequest(.reload)).message + "\n")
        case "simulate":
            return try SimulateCommand(values: values, output: output).run()
        case "keygen":
            output.out(try KeyGeneration.run(output: values["output"]))
        case "version":
            output.out("replicactl \(Version.current)\nreplication protocol \(FrameHeader.version)\n")
        case "help":
            try help()
        case "controller":
            let configuration = try configurationForService()
            guard facts.isControlDomain else { throw Self.notControlDomain }
            try services.controller(configuration)
        case "heartbeat":
            let configuration: Configuration
            do throws(CommandError) { configuration = try configurationForService() } catch {
                if error.reason == .badConfiguration { services.heartbeatGaveUp() }
                throw error
            }
            try services.heartbeat(configuration)
        default:
            throw CommandError(.internalFault, "the command \(command.name) is in the table and nowhere else")
        }
        return .success
    }

    // MARK: Requests to the controller

    private func protect() throws(CommandError) -> ExitStatus {
        let domain = arguments[0]
        let client = try connect()
        let watch = InterruptWatch()
        do {
            try watch.start(connection: client.number, output: output)
        } catch {
            throw CommandError(.internalFault, "Ctrl-C cannot be watched for: \(error)")
        }
        var printer = ProgressPrinter(domain: domain, output: output)
        do {
            let request = ControlRequest(.protect, domain: domain, to: values["to"])
            let result = try client.perform(request) { printer.show($0) }
            printer.finish()
            output.out(result.message + "\n")
            return .success
        } catch {
            printer.finish()
            guard watch.wasInterrupted, error.reason == .cancelled else { throw error }
            output.error("replicactl: the protection of \(domain) was cancelled; the guest runs on untouched\n")
            return .interrupted
        }
    }

    private func status() throws(CommandError) -> ExitStatus {
        guard let status = try request(ControlRequest(.status)).status else { throw Self.emptyAnswer }
        output.out(values["json"] == nil ? StatusText.render(status) : try json(status))
        return .success
    }

    private func check() throws(CommandError) -> ExitStatus {
        guard let report = try request(ControlRequest(.check, domain: arguments[0])).check else {
            throw Self.emptyAnswer
        }
        output.out(values["json"] == nil ? CheckText.render(report) : try json(report))
        // One obstacle has a status of its own; several have one together.
        let statuses = Set(report.obstacles.map(\.exitStatus))
        return statuses.isEmpty ? .success : statuses.count == 1 ? statuses.first ?? .notProtectable : .notProtectable
    }

    func request(_ request: ControlRequest) throws(CommandError) -> ControlResult {
        let client = try connect()
        return try client.perform(request) { _ in }
    }

    private func connect() throws(CommandError) -> ControlClient {
        guard facts.isRoot else {
            throw CommandError(.notRoot, "only root may use the controller", hint: "try again as root")
        }
        let path: String
        do {
            path = try ConfigurationLoader.controlSocket(path: configurationPath)
        } catch {
            throw Self.badConfiguration(error)
        }
        do {
            return try ControlClient(path: path)
        } catch {
            // Without Xen there is no controller to start, so that is what to say.
            throw error.reason == .controllerNotReachable && !facts.isControlDomain ? Self.notControlDomain : error
        }
    }

    func json(_ value: some Encodable) throws(CommandError) -> String {
        do {
            return try JSONLine.encodeForReaders(value)
        } catch {
            throw CommandError(.internalFault, "the answer cannot be written as JSON: \(error)")
        }
    }

    // MARK: Local commands

    private func help() throws(CommandError) {
        guard let topic = arguments.first else { return output.out(HelpText.overview) }
        if topic == "exit-status" { return output.out(HelpText.exitStatuses) }
        guard let command = CommandTable.find(topic) else {
            let names = CommandTable.all.map(\.name) + ["exit-status"]
            throw CommandError(
                .usage, "there is no help on \"\(topic)\"\(Spelling.suggestion(for: topic, among: names))")
        }
        output.out(HelpText.text(of: command))
    }

    private func configurationForService() throws(CommandError) -> Configuration {
        guard facts.isRoot else {
            throw CommandError(.notRoot, "the services run as root", hint: "start them by systemd")
        }
        do {
            let configuration = try ConfigurationLoader.load(path: configurationPath)
            configuration.applyLogLevel()
            return configuration
        } catch {
            throw Self.badConfiguration(error)
        }
    }

    // MARK: Errors

    private static let notControlDomain = CommandError(
        .notControlDomain, "this system is not the control domain (Dom0) of a Xen host",
        hint: "run replicactl in Dom0; `xl info` must work there")

    private static let emptyAnswer = CommandError(
        .internalFault, "the controller's answer is empty", hint: "use the replicactl of the controller's version")

    static func badConfiguration(_ error: ConfigurationError) -> CommandError {
        let count = error.problems.count
        return CommandError(
            .badConfiguration, (count == 1 ? "" : "\(count) problems:\n") + error.description,
            hint: "docs/configuration.md describes every key")
    }
}
