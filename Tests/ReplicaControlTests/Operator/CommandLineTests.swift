import Glibc
import Pacing
import ReplicaModel
import Synchronization
import SystemKit
import TestSupport
import Testing

@testable import ReplicaControl

/// What one command printed and how it ended.
private struct Outcome {
    var status: ReplicaControl.ExitStatus
    var out: String
    var error: String
}

private let root = HostFacts(isRoot: true, isControlDomain: true)

private let noServices = ServiceEntries(
    controller: { _ throws(CommandError) in throw CommandError(.internalFault, "controller started") },
    heartbeat: { _ throws(CommandError) in throw CommandError(.internalFault, "heartbeat started") },
    heartbeatGaveUp: {}, toolstackHelper: { _ in 1 })

private final class Captured: Sendable {
    let out = Mutex("")
    let error = Mutex("")
}

private func run(_ arguments: [String], facts: HostFacts = root, isTerminal: Bool = false) -> Outcome {
    let captured = Captured()
    let output = CommandOutput(
        out: { text in captured.out.withLock { $0 += text } },
        error: { text in captured.error.withLock { $0 += text } }, isTerminal: isTerminal)
    let status = CommandLineTool.run(arguments, services: noServices, output: output, facts: facts)
    return Outcome(status: status, out: captured.out.withLock { $0 }, error: captured.error.withLock { $0 })
}

/// Answers every command the way that a test can foresee.
private struct CannedHandler: ControlHandler {
    func handle(
        _ request: ControlRequest, progress: (ProgressUpdate) -> Void, isCancelled: () -> Bool
    ) throws(CommandError) -> ControlResult {
        switch request.command {
        case .protect:
            if request.domain == "small" {
                throw CommandError(.peerMemoryShort, "xen2 has 10 MiB free, small needs 128 MiB", hint: "free some")
            }
            for (round, pages) in [(1, 32_768), (2, 600)] as [(Int, UInt64)] {
                for sent in [pages / 2, pages] {
                    progress(
                        ProgressUpdate(
                            stage: .copying, round: round, pagesSent: sent, pagesTotal: pages, bytes: sent * 4_096,
                            bytesPerSecond: 20_000_000))
                }
            }
            progress(ProgressUpdate(stage: .committing))
            return ControlResult(message: "\(request.domain ?? "") is protected by \(request.to ?? "xen2")")
        case .unprotect: return ControlResult(message: "\(request.domain ?? "") runs on unprotected")
        case .switchover, .failback, .takeover:
            return ControlResult(message: "\(request.command.rawValue) of \(request.domain ?? "")")
        case .status: return ControlResult(status: StatusExamples.everything)
        case .check:
            let obstacles = [
                CommandError(.ballooning, "web has 100 of 128 MiB", hint: "wait"),
                CommandError(.passThroughDevice, "web has the PCI device 0000:03:00.0"),
            ]
            let count = request.domain == "web" ? 2 : request.domain == "one" ? 1 : 0
            return ControlResult(
                check: CheckReport(
                    domain: request.domain ?? "", obstacles: Array(obstacles.prefix(count)), passed: ["runs here"]))
        case .tune: return ControlResult(message: "\(request.domain ?? ""): \(request.tuning.map(\.description) ?? "")")
        case .reload: return ControlResult(message: "the configuration is in force")
        }
    }
}

/// Runs a command against a controller that answers.
private func runWithController(_ arguments: [String], isTerminal: Bool = false) throws -> Outcome {
    let path = "/tmp/replicactl-test-\(getpid())-\(UInt32.random(in: 0 ..< .max)).sock"
    let server = try ControlServer(path: path, handler: CannedHandler())
    try server.start()
    defer { server.stop() }
    let file = try TemporaryFile("[control]\nsocket = \"\(path)\"\n")
    return run(arguments + ["--config", file.path], isTerminal: isTerminal)
}

@Suite struct CommandLineTests {
    @Test(arguments: [
        ([], "a command is missing"), (["dance"], "there is no command \"dance\""),
        (["protcet", "web"], "did you mean \"protect\"?"), (["protect"], "protect: <domU> is missing"),
        (["protect", "web", "db"], "protect: \"db\" is one too many"),
        (["status", "--jsno"], "the option \"--jsno\" is not known"),
        (["protect", "web", "--to"], "the option \"--to\" needs a value"), (["--bad"], "the option \"--bad\""),
        (["help", "protct"], "did you mean \"protect\"?"),
    ])
    func aWrongCommandLineIsExplained(arguments: [String], message: String) {
        let outcome = run(arguments)
        #expect(outcome.status == .usage)
        #expect(outcome.out == "")
        #expect(outcome.error.contains(message), "\(outcome.error)")
        #expect(outcome.error.contains("\nusage: replicactl "))
    }

    @Test func helpIsPrintedForAllAndEach() {
        #expect(run(["--help"]).out == HelpText.overview)
        #expect(run(["help"]).out == HelpText.overview)
        #expect(run(["help", "exit-status"]).out == HelpText.exitStatuses)
        for command in CommandTable.all where command.audience != .itself && command.name != "help" {
            #expect(run([command.name, "--help"]).out == HelpText.text(of: command))
            #expect(run(["help", command.name]).out == HelpText.text(of: command))
        }
    }

    @Test func theVersionIsPrinted() {
        #expect(run(["--version"]).out.hasPrefix("replicactl \(Version.current)\n"))
        #expect(run(["version"]).out.contains("\nreplication protocol "))
    }

    @Test(arguments: [
        ["protect", "web"], ["unprotect", "web"], ["switchover", "web"], ["failback", "web"],
        ["takeover", "web", "--other-host-is-off"], ["status"], ["check", "web"], ["reload"],
        ["tune", "web", "--reset"],
    ])
    func whoIsNotRootIsToldSo(arguments: [String]) {
        let outcome = run(arguments, facts: HostFacts(isRoot: false, isControlDomain: true))
        #expect(outcome.status == .notPermitted)
        #expect(outcome.error.contains("(not-root)"))
    }

    @Test func withoutAControllerTheHostDecidesWhatIsSaid() throws {
        let file = try TemporaryFile("[control]\nsocket = \"/tmp/replicactl-nobody-\(getpid())\"\n")
        let arguments = ["status", "--config", file.path]
        #expect(run(arguments).status == .controllerNotReachable)
        #expect(run(arguments, facts: HostFacts(isRoot: true, isControlDomain: false)).status == .notControlDomain)
    }

    @Test func aServiceWithAWrongFileShowsEveryProblem() throws {
        let file = try TemporaryFile("[epoch]\ninterval_ms = 1\n[heartbeat]\nmises = 3\n")
        for service in ["controller", "heartbeat"] {
            let outcome = run([service, "--config", file.path])
            #expect(outcome.status == .badConfiguration)
            #expect(outcome.error.contains("\(file.path):2:15: epoch.interval_ms must be"))
            #expect(
                outcome.error.contains("\(file.path):4:1: heartbeat has no key \"mises\"; did you mean \"misses\"?"))
        }
    }

    /// An earlier instance may have left the hypervisor's watchdog armed, and nobody starts this one again.
    @Test func aHeartbeatThatCannotReadItsFileGivesUpInGoodOrder() throws {
        let wrong = try TemporaryFile("[heartbeat]\nmises = 3\n")
        let right = try TemporaryFile(try Repository.text("config/replicactl.toml"))
        let calls = Mutex(0)
        func start(_ service: String, _ file: String, _ facts: HostFacts = root) -> Int {
            let services = ServiceEntries(
                controller: { _ throws(CommandError) in }, heartbeat: { _ throws(CommandError) in },
                heartbeatGaveUp: { calls.withLock { $0 += 1 } }, toolstackHelper: { _ in 1 })
            let output = CommandOutput(out: { _ in }, error: { _ in }, isTerminal: false)
            _ = CommandLineTool.run([service, "--config", file], services: services, output: output, facts: facts)
            return calls.withLock { $0 }
        }
        #expect(start("controller", wrong.path) == 0)
        #expect(start("heartbeat", right.path) == 0)
        #expect(start("heartbeat", wrong.path, HostFacts(isRoot: false, isControlDomain: true)) == 0)
        #expect(start("heartbeat", wrong.path) == 1)
    }

    @Test func servicesStartWithARightFileOnARightHost() throws {
        let file = try TemporaryFile(try Repository.text("config/replicactl.toml"))
        #expect(run(["controller", "--config", file.path]).error.contains("controller started"))
        #expect(run(["heartbeat", "--config", file.path]).error.contains("heartbeat started"))
        let elsewhere = HostFacts(isRoot: true, isControlDomain: false)
        #expect(run(["controller", "--config", file.path], facts: elsewhere).status == .notControlDomain)
        let someone = HostFacts(isRoot: false, isControlDomain: true)
        #expect(run(["heartbeat", "--config", file.path], facts: someone).status == .notPermitted)
    }

    @Test func aNewKeyIsWrittenOnceAndNeverOver() throws {
        let path = "/tmp/replicactl-test-\(getpid())-\(UInt32.random(in: 0 ..< .max)).key"
        defer { unlink(path) }
        let first = run(["keygen", "--output", path])
        #expect(first.status == .success)
        #expect(first.out.hasPrefix("wrote a new heartbeat key to \(path)\nCopy it to the other host"))
        let second = run(["keygen", "--output", path])
        #expect(second.status == .badConfiguration)
        #expect(second.error.contains("the file exists and is not overwritten"))
        #expect(second.error.contains("(key-file)"))
        #expect(run(["keygen", "--output", "/no-such-directory/key"]).status == .badConfiguration)
    }

    @Test func theHelperGetsItsArgumentsAsTheyAre() {
        let entries = ServiceEntries(
            controller: { _ throws(CommandError) in }, heartbeat: { _ throws(CommandError) in },
            heartbeatGaveUp: {},
            toolstackHelper: { $0 == ["restore", "--json"] ? 42 : 1 })
        #expect(CommandLineTool.run(["toolstack-helper", "restore", "--json"], services: entries) == 42)
    }

    @Test func anErrorOfTheControllerDecidesTheExitStatus() throws {
        let outcome = try runWithController(["protect", "small"])
        #expect(outcome.status == .peerMemoryShort)
        #expect(
            outcome.error
                == "replicactl: xen2 has 10 MiB free, small needs 128 MiB (peer-memory-short)\n  free some\n")
    }

    @Test func progressIsALineARoundOnAPipe() throws {
        let outcome = try runWithController(["protect", "web", "--to", "xen3"])
        #expect(outcome.status == .success)
        #expect(outcome.out == "web is protected by xen3\n")
        #expect(
            outcome.error == """
                web: round 1, 32768 of 32768 pages (100 %), 128.0 MiB sent, 19.1 MiB/s
                web: round 2, 600 of 600 pages (100 %), 2.3 MiB sent, 19.1 MiB/s
                web: sending the first checkpoint and waiting for its acknowledgement

                """)
    }

    @Test func progressIsWrittenOverOnATerminal() throws {
        let outcome = try runWithController(["protect", "web"], isTerminal: true)
        #expect(
            outcome.error.contains("\rweb: round 1, 16384 of 32768 pages (50 %), 64.0 MiB sent, 19.1 MiB/s\u{1B}[K\r"))
        #expect(outcome.error.split(separator: "\n").count == 3)
    }

    @Test func aCheckNamesEveryObstacle() throws {
        let several = try runWithController(["check", "web"])
        #expect(several.status == .notProtectable)
        #expect(
            several.out == """
                ok        runs here
                OBSTACLE  web has 100 of 128 MiB (ballooning)
                          wait
                OBSTACLE  web has the PCI device 0000:03:00.0 (pass-through-device)
                web cannot be protected: 2 obstacles.

                """)
        #expect(try runWithController(["check", "good"]).status == .success)
        #expect(try runWithController(["check", "one", "--json"]).out.contains("\"reason\" : \"ballooning\""))
    }

    @Test(arguments: [
        ([], "give one of"), (["--interval-ms", "20", "--reset"], "give one of"),
        (["--interval-ms", "20", "--output-latency-p99-ms", "50"], "give one of"),
        (["--interval-ms", "4"], "from 5 to 10000, not \"4\""), (["--interval-ms", "10001"], "not \"10001\""),
        (["--interval-ms", "fast"], "not \"fast\""), (["--interval-ms", "-20"], "not \"-20\""),
        (["--output-latency-p99-ms", "9"], "from 10 to 10000, not \"9\""),
        (["--output-latency-p99-ms", ""], "not \"\""),
    ])
    func aRhythmBeyondItsBoundsIsRefusedBeforeTheControllerIsAsked(options: [String], message: String) {
        let outcome = run(["tune", "web"] + options)
        #expect(outcome.status == .usage)
        #expect(outcome.out == "" && outcome.error.contains(message), "\(outcome.error)")
    }

    /// Else what was tried out could not be written into the configuration.
    @Test func anIntervalThatTheConfigurationWouldRefuseIsNoTuningEither() throws {
        let slow = Tuning(intervalMilliseconds: 2_001)
        do throws(Tuning.Refusal) {
            _ = try slow.goal(acknowledgedWithin: 2_000)
            Issue.record("it was not refused")
        } catch {
            let refused = CommandError(error)
            #expect(refused.reason == .usage)
            #expect(
                refused.message == "tune: --interval-ms is 2001 and must be at most epoch.acknowledge_timeout_ms, 2000")
        }
        #expect(try slow.goal(acknowledgedWithin: 2_001) == .interval(2_001))
        #expect(try Tuning(outputLatencyP99Milliseconds: 5_000).goal(acknowledgedWithin: 2_000) == .latency(5_000))
        #expect(try Tuning(reset: true).goal(acknowledgedWithin: 2_000) == nil)
    }

    @Test func aGuestThatIsStillThrottledIsSaidToBeAndWhy() throws {
        var status = StatusExamples.everything
        let index = try #require(status.domains.firstIndex { $0.pacing != nil })
        status.domains[index].pacing?.liftFailure = "Could not set the scheduler's cap."
        let text = StatusText.render(status)
        #expect(text.contains("guest THROTTLED to 75 %"))
        #expect(
            text.contains("cannot be given back, which is tried again each second: Could not set the scheduler's cap."))
    }

    /// Nobody takes over by a slip of the hand: it could make two owners.
    @Test func aTakeoverNeedsTheOperatorsWordThatTheOtherHostIsOff() throws {
        let refused = try runWithController(["takeover", "web"])
        #expect(refused.status == .usage)
        #expect(refused.out == "" && refused.error.contains("--other-host-is-off"), "\(refused.error)")
        #expect(try runWithController(["takeover", "web", "--other-host-is-off"]).out == "takeover of web\n")
    }

    @Test func otherCommandsPrintWhatTheControllerSays() throws {
        #expect(try runWithController(["unprotect", "web"]).out == "web runs on unprotected\n")
        #expect(try runWithController(["switchover", "web"]).out == "switchover of web\n")
        #expect(try runWithController(["failback", "web"]).out == "failback of web\n")
        #expect(try runWithController(["reload"]).out == "the configuration is in force\n")
        #expect(try runWithController(["tune", "web", "--interval-ms", "20"]).out == "web: --interval-ms 20\n")
        #expect(
            try runWithController(["tune", "web", "--output-latency-p99-ms=50"]).out
                == "web: --output-latency-p99-ms 50\n")
        #expect(try runWithController(["tune", "web", "--reset"]).out == "web: --reset\n")
        #expect(try runWithController(["status"]).out == StatusText.render(StatusExamples.everything))
        #expect(
            try runWithController(["status", "--json"]).out == JSONLine.encodeForReaders(StatusExamples.everything))
    }
}
