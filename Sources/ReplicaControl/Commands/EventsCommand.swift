// `replicactl events`: reads the event log of this host from its files, so it works while the controller is down.

internal import Glibc
internal import ReplicaModel
internal import SystemKit

/// What `replicactl events` was asked for, and how it is done.
struct EventsCommand {
    /// How many lines are shown without `--last` and `--since`.
    static let standardCount = 50

    let directory: String
    var selection: EventSelection
    let asJSON: Bool
    let output: CommandOutput

    /// Takes the options.
    ///
    /// - Parameters:
    ///   - values: The options by name.
    ///   - directory: The state directory.
    ///   - output: Where to write.
    ///   - now: This host's wall clock, for times such as `2h`.
    /// - Throws: ``CommandError`` for an option that is wrong.
    init(values: [String: String], directory: String, output: CommandOutput, now: UInt64) throws(CommandError) {
        var selection = EventSelection(subject: values["domain"])
        if let text = values["since"] {
            guard let time = Self.time(text, now: now) else {
                throw CommandError(
                    .usage,
                    "events: \"\(text)\" is no time: write 2026-11-20, 2026-11-20T09:41:57Z, or 90s, 15m, 2h, 3d for so"
                        + " long ago")
            }
            selection.since = time
        } else {
            selection.most = Self.standardCount
        }
        if let text = values["last"] {
            guard let count = Int(text), (0...1_000_000).contains(count) else {
                throw CommandError(.usage, "events: \"\(text)\" is no number of events from 0 to 1000000")
            }
            selection.most = count
        }
        if values["domain"]?.isEmpty == true { throw CommandError(.usage, "events: the domain's name is empty") }
        self.directory = directory
        self.selection = selection
        asJSON = values["json"] != nil
        self.output = output
    }

    /// A point in time, or a length of time before now.
    static func time(_ text: String, now: UInt64) -> UInt64? {
        let units: [Character: UInt64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        guard let unit = text.last.flatMap({ units[$0] }), let count = UInt64(text.dropLast()) else {
            return Timestamp.wall(rfc3339: text)
        }
        let (seconds, isTooLong) = count.multipliedReportingOverflow(by: unit)
        guard !isTooLong, seconds <= now / 1_000_000_000 else { return nil }
        return now - seconds * 1_000_000_000
    }

    /// Shows what is there.
    func show() throws(CommandError) {
        let reading = try Self.read(directory, selection)
        var text = EventText()
        print(reading, &text)
        if reading.lines.isEmpty, !asJSON { output.error("replicactl: no such event is in the log\n") }
    }

    /// Shows what is there, and what comes, until it is stopped.
    ///
    /// - Parameter stop: Ends it when it can be read, or its other end was closed.
    /// - Throws: ``CommandError`` when the log cannot be read or watched.
    func follow(stop: borrowing FileDescriptor) throws(CommandError) {
        var text = EventText()
        do {
            // Watched first, read then: a line that comes between the two is told by both and shown once.
            var follower = try EventFollower(directory: directory)
            let reading = try Self.read(directory, selection)
            print(reading, &text)
            var later = EventReading()
            try follower.follow(from: reading.place, stop: stop) { line in
                let damaged = later.damaged
                guard let record = later.decode(line) else {
                    if later.damaged > damaged { output.error("replicactl: a damaged line was passed over\n") }
                    return
                }
                if selection.takes(record) { print([EventLine(bytes: line, record: record)], &text) }
            }
        } catch let error as CommandError {
            throw error
        } catch let error as SystemError {
            throw Self.commandError(error, directory)
        } catch {
            throw CommandError(
                .internalFault, "the event log in \(directory) holds a line that is none of ours",
                hint: "move events.jsonl away; the controller begins a new one")
        }
    }

    private func print(_ reading: EventReading, _ text: inout EventText) {
        for note in reading.notes { output.error("replicactl: \(note)\n") }
        print(reading.lines, &text)
    }

    private func print(_ lines: [EventLine], _ text: inout EventText) {
        if asJSON {
            for line in lines { output.out(String(decoding: line.bytes, as: UTF8.self) + "\n") }
        } else if !lines.isEmpty {
            output.out(text.lines(lines.map(\.record)).joined(separator: "\n") + "\n")
        }
    }

    /// Reads the log, and turns what goes wrong into words for an operator.
    static func read(_ directory: String, _ selection: EventSelection) throws(CommandError) -> EventReading {
        do throws(SystemError) {
            return try EventReading.read(directory, selection)
        } catch {
            throw commandError(error, directory)
        }
    }

    private static func commandError(_ error: SystemError, _ directory: String) -> CommandError {
        switch error.code {
        case EACCES, EPERM:
            CommandError(.notRoot, "the event log in \(directory) is for root only", hint: "try again as root")
        case ENOENT:
            CommandError(
                .controllerNotReachable, "there is no event log in \(directory) yet",
                hint: "the controller makes it when it starts: `systemctl start replicactl-controller`")
        default:
            CommandError(
                .internalFault, "the event log in \(directory) cannot be read: \(error)",
                hint:
                    "look at the file system; the journal has the same decisions: `journalctl -u replicactl-controller`"
            )
        }
    }
}
