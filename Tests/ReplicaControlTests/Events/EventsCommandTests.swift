import Glibc
import ReplicaModel
import Synchronization
import SystemKit
import TestSupport
import Testing

@testable import ReplicaControl

/// Runs a command on a state directory of a test.
private struct CommandRun {
    let status: ReplicaControl.ExitStatus
    let out: String
    let error: String

    init(_ arguments: [String], state: String) throws {
        let file = try TemporaryFile(
            "[storage]\nstate_directory = \"\(state)\"\n[control]\nsocket = \"\(state)/none\"\n")
        let out = Captured()
        let error = Captured()
        let output = CommandOutput(
            out: { text in out.text.withLock { $0 += text } }, error: { text in error.text.withLock { $0 += text } },
            isTerminal: false)
        let services = ServiceEntries(
            controller: { _ throws(CommandError) in }, heartbeat: { _ throws(CommandError) in },
            heartbeatGaveUp: {},
            toolstackHelper: { _ in 1 })
        status = CommandLineTool.run(
            [arguments[0], "--config", file.path] + arguments.dropFirst(), services: services, output: output,
            facts: HostFacts(isRoot: true, isControlDomain: true))
        self.out = out.text.withLock { $0 }
        self.error = error.text.withLock { $0 }
    }

    private final class Captured: Sendable { let text = Mutex("") }

    /// The executable that was built with these tests, beside them.
    static var tool: String? {
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = bytes.withUnsafeMutableBytes { buffer in
            buffer.withMemoryRebound(to: CChar.self) {
                $0.baseAddress.map { readlink("/proc/self/exe", $0, 4_096) } ?? -1
            }
        }
        guard count > 0 else { return nil }
        let path = String(decoding: bytes[..<count], as: UTF8.self).split(separator: "/").dropLast()
        let tool = "/" + path.joined(separator: "/") + "/replicactl"
        return access(tool, X_OK) == 0 ? tool : nil
    }
}

@Suite struct EventsCommandTests {
    private let directory: TemporaryDirectory
    private var current: String { EventFiles.current(in: directory.path) }

    init() throws { directory = try TemporaryDirectory() }

    private func run(_ arguments: String...) throws -> CommandRun {
        try CommandRun(["events"] + arguments, state: directory.path)
    }

    private func write(_ tape: EventTape) throws {
        for record in tape.records {
            try LogFile.write(String(decoding: try JSONLine.encode(record), as: UTF8.self), to: current)
        }
    }

    @Test func eventsAreATableForPeople() throws {
        try write(Stories.powerCut)
        let outcome = try run()
        #expect(outcome.status == .success && outcome.error.isEmpty)
        try Repository.expect(outcome.out, equals: "Tests/Golden/operator/events.txt")
    }

    @Test func jsonIsTheLinesOfTheLogAsTheyAre() throws {
        try write(Stories.powerCut)
        #expect(try run("--json", "--last", "1000").out == LogFile.text(current))
        #expect(try run("--json", "--last", "2").out.split(separator: "\n").count == 2)
    }

    @Test func fiftyAreShownUnlessSomethingElseIsAskedFor() throws {
        for sequence in 1...80 as ClosedRange<UInt64> { try LogFile.write(LogFile.line(sequence), to: current) }
        #expect(try run("--json").out.split(separator: "\n").count == 50)
        #expect(try run("--json", "--since", "2026-11-20").out.split(separator: "\n").count == 80)
        #expect(try run("--json", "--since", "2026-11-20T09:40:00.071Z").out.split(separator: "\n").count == 10)
        #expect(try run("--json", "--since", "2026-11-20", "--last", "3").out.split(separator: "\n").count == 3)
        #expect(try run("--json", "--domain", "db").out.isEmpty)
        #expect(try run("--domain", "db").error == "replicactl: no such event is in the log\n")
    }

    @Test func damagedLinesAndThoseOfANewerVersionAreToldAside() throws {
        try LogFile.write(
            LogFile.line(1) + "junk\n{\"version\":7,\"sequence\":3}\n" + LogFile.line(4) + "{", to: current)
        let outcome = try run("--json")
        #expect(outcome.out == (try LogFile.line(1) + LogFile.line(4)))
        #expect(
            outcome.error == """
                replicactl: 2 lines cut short or damaged, passed over
                replicactl: 1 line of a newer replicactl, passed over

                """)
    }

    @Test func whatAGuestOrAPeerNamedCannotMoveTheCursor() throws {
        var decision = sampleDecision("bad\u{1B}[2Jword\nnext")
        decision.name = "we\u{7}b"
        try LogFile.write(LogFile.line(1, decision), to: current)
        let out = try run().out
        #expect(out.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control })
        #expect(out.split(separator: "\n").count == 2)
    }

    @Test(arguments: [
        (["--since", "yesterday"], "is no time"), (["--last", "many"], "is no number of events"),
        (["--last", "-1"], "is no number of events"), (["--last", "1000001"], "is no number of events"),
        (["--since", "99999999999999999999d"], "is no time"), (["--domain", ""], "name is empty"),
        (["--last"], "needs a value"), (["--tail"], "is not known"), (["web"], "is one too many"),
    ])
    func wrongOptionsAreRefused(arguments: [String], message: String) throws {
        let outcome = try CommandRun(["events"] + arguments, state: directory.path)
        #expect(outcome.status == .usage)
        #expect(outcome.error.contains(message), "\(outcome.error)")
        #expect(outcome.error.contains("usage: replicactl events [--follow] [--json]"))
    }

    @Test func lengthsOfTimeAreCountedBack() {
        let now: UInt64 = 1_000_000_000_000_000
        #expect(EventsCommand.time("90s", now: now) == now - 90_000_000_000)
        #expect(EventsCommand.time("15m", now: now) == now - 900_000_000_000)
        #expect(EventsCommand.time("2h", now: now) == now - 7_200_000_000_000)
        #expect(EventsCommand.time("3d", now: now) == now - 259_200_000_000_000)
        #expect(EventsCommand.time("99999999d", now: now) == nil)
        #expect(EventsCommand.time("-1s", now: now) == nil)
    }

    @Test func aLogThatCannotBeReadIsAnErrorWithAHint() throws {
        #expect(mkdir(current, 0o700) == 0)
        let outcome = try run()
        #expect(outcome.status == .internalFault)
        #expect(outcome.error.contains("cannot be read"))
        #expect(
            try CommandRun(["events", "--follow"], state: directory.path + "/none").status == .controllerNotReachable)
    }

    @Test func whoeverMayNotReadItIsToldToBecomeRoot() async {
        // A process of its own, which gives root's rights away.
        await #expect(processExitsWith: .exitCode(ReplicaControl.ExitStatus.notPermitted.rawValue)) {
            let directory = try TemporaryDirectory()
            try LogFile.write(LogFile.line(1), to: EventFiles.current(in: directory.path))
            chmod(directory.path, 0)
            if geteuid() == 0 { seteuid(65_534) }
            exit(try CommandRun(["events"], state: directory.path).status.rawValue)
        }
    }

    /// The command as it is installed: in a process of its own, whose first thread blocks the signal for all.
    @Test func controlCEndsFollowingWithItsOwnStatus() throws {
        try LogFile.write(LogFile.line(1), to: current)
        let file = try TemporaryFile("[storage]\nstate_directory = \"\(directory.path)\"\n")
        let tool = try #require(CommandRun.tool)
        let pipe = try FileDescriptor.pipe()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, pipe.writer.number, STDOUT_FILENO)
        let words = [tool, "events", "--follow", "--json", "--config", file.path]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var child = pid_t()
        #expect(posix_spawn(&child, tool, &actions, nil, &arguments, environ) == 0)
        // What was there before is shown once the command waits for the signal.
        var reader = LineReader(limit: 65_536)
        _ = try reader.next(from: pipe.reader)
        kill(child, SIGINT)
        var status: Int32 = 0
        #expect(waitpid(child, &status, 0) == child)
        #expect(status == ReplicaControl.ExitStatus.interrupted.rawValue << 8)
    }

    @Test func anUnknownDomainHasNoStory() throws {
        let outcome = try CommandRun(["explain", "db"], state: directory.path)
        #expect(outcome.status == .unknownDomain)
        #expect(outcome.error.contains("no word on a domain \"db\" (unknown-domain)"))
        #expect(try CommandRun(["explain"], state: directory.path).status == .usage)
    }

    @Test func aStoryIsToldWithoutAController() throws {
        try write(Stories.powerCut)
        let outcome = try CommandRun(["explain", "web"], state: directory.path)
        #expect(outcome.status == .success)
        #expect(outcome.out.contains("The controller of xen2 does not answer"))
        #expect(outcome.out.contains("xen2 runs it, since 2026-11-20 09:41:57.500Z, generation 4."))
    }
}
