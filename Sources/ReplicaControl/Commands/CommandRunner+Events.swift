// `replicactl events` and `replicactl explain`: what this host has written down, as lines and as a story.

internal import Glibc
internal import ReplicaModel
internal import SystemKit

extension CommandRunner {
    /// How much of the log a story is made of, from its end, in bytes.
    private static let storyLimit = 8_388_608

    func events() throws(CommandError) -> ExitStatus {
        let command = try EventsCommand(
            values: values, directory: try stateDirectory(), output: output, now: Clock.wall)
        guard values["follow"] != nil else {
            try command.show()
            return .success
        }
        do {
            SignalSet.termination.block()
            let pipe = try FileDescriptor.pipe()
            let writer = pipe.writer.number
            try Thread(name: "interrupt") {
                _ = SignalSet.termination.wait()
                _ = write(writer, "x", 1)
            }.detach()
            try command.follow(stop: pipe.reader)
        } catch let error as CommandError {
            throw error
        } catch {
            throw CommandError(.internalFault, "Ctrl-C cannot be watched for: \(error)")
        }
        return .interrupted
    }

    func explain() throws(CommandError) -> ExitStatus {
        let subject = arguments[0]
        let selection = EventSelection(subject: subject, includesHost: true, byteLimit: Self.storyLimit)
        let reading = try EventsCommand.read(try stateDirectory(), selection)
        for note in reading.notes { output.error("replicactl: \(note)\n") }
        let status = currentStatus()
        let story = DomainStory(
            subject: subject, records: reading.records, status: status,
            host: status?.host ?? reading.records.last?.host ?? "this host", now: Clock.wall)
        guard story.isKnown else {
            throw CommandError(
                .unknownDomain, "this host has no word on a domain \"\(subject)\"",
                hint: "`replicactl events` shows what it knows, and the other host may know more")
        }
        output.out(story.text)
        return .success
    }

    /// The controller's word; a controller that is away is no obstacle, the log is there.
    private func currentStatus() -> ControllerStatus? { try? request(ControlRequest(.status)).status }

    func stateDirectory() throws(CommandError) -> String {
        do {
            return try ConfigurationLoader.stateDirectory(path: configurationPath)
        } catch {
            throw Self.badConfiguration(error)
        }
    }
}
