import Glibc
import SystemKit
import Testing

@Suite struct ProcessRunTests {
    private static let second: UInt64 = 1_000_000_000

    private func shell(
        _ script: String, input: String = "", timeout: UInt64 = 60 * second, grace: UInt64 = 60 * second
    ) throws -> ProcessRun {
        try ProcessRun.run(
            path: "/bin/sh", arguments: ["-c", script], input: input, timeout: timeout, grace: grace)
    }

    private func text(_ run: ProcessRun) -> String { String(decoding: run.output, as: UTF8.self) }

    @Test func givesTheStatusAndBothOutputs() throws {
        let run = try shell("echo one; echo two >&2; exit 3")
        #expect(run.ending == .exited(status: 3))
        #expect(text(run) == "one\ntwo\n")
    }

    @Test func handsOverTheInputAndItsEnd() throws {
        let input = String(repeating: "0123456789abcde\n", count: ProcessRun.inputLimit / 16)
        #expect(text(try shell("wc -c", input: input)) == "32768\n")
        #expect(throws: SystemError(code: E2BIG, call: "write to a program")) { try shell("cat", input: input + "x") }
        // One that does not read it is not waited for.
        #expect(try shell("exit 0", input: input).ending == .exited(status: 0))
    }

    @Test func givesNothingOfTheEnvironmentButThePath() throws {
        let run = try ProcessRun.run(path: "/usr/bin/env", timeout: 60 * Self.second, grace: 0)
        #expect(text(run) == ProcessStart.searchPath + "\n")
    }

    @Test func givesTheEnvironmentThatItIsTold() throws {
        let run = try ProcessRun.run(
            path: "/usr/bin/env", environment: ["ONE=1", "TWO=2"], timeout: 60 * Self.second, grace: 0)
        #expect(text(run) == "ONE=1\nTWO=2\n")
    }

    @Test func givesNoOtherDescriptors() throws {
        // Not close-on-exec, as a library might open it.
        let leaked = open("/dev/null", O_RDONLY)
        defer { close(leaked) }
        let run = try shell("ls -1 /proc/self/fd | wc -l")
        // 0, 1, 2, and the one with which `ls` reads the directory.
        #expect(text(run) == "4\n")
    }

    @Test func keepsTheEndOfALongOutput() throws {
        let run = try shell("i=0; while [ $i -lt 20000 ]; do echo line-$i; i=$((i+1)); done")
        #expect(run.ending == .exited(status: 0))
        #expect(run.output.count == ProcessRun.outputLimit)
        #expect(text(run).hasSuffix("line-19998\nline-19999\n"))
    }

    @Test func anEndlessOutputEndsWithTheTime() throws {
        let run = try shell("yes", timeout: Self.second / 4)
        #expect(run.ending == .timedOut)
        #expect(run.output.count == ProcessRun.outputLimit)
    }

    @Test func oneThatHangsIsToldToEnd() throws {
        let run = try shell("trap 'echo asked; exit 0' TERM; while :; do sleep 0.05; done", timeout: Self.second / 2)
        #expect(run.ending == .timedOut)
        #expect(text(run).hasSuffix("asked\n"))
    }

    @Test func oneThatWillNotEndIsEndedWithItsChildren() throws {
        let run = try shell(
            "trap '' TERM; sleep 600 & echo $!; while :; do sleep 600; done", timeout: Self.second / 2,
            grace: Self.second / 10)
        #expect(run.ending == .timedOut)
        try expectGone(run)
    }

    @Test func childrenThatAreLeftBehindAreEnded() throws {
        let run = try shell("sleep 600 & echo $!")
        #expect(run.ending == .exited(status: 0))
        try expectGone(run)
    }

    @Test func aSignalIsToldFromAStatus() throws {
        #expect(try shell("kill -9 $$").ending == .signalled(SIGKILL))
    }

    @Test func whatCannotBeRunIsSaid() throws {
        #expect(code("/nonexistent/program") == ENOENT)
        #expect(code("/etc/passwd") == EACCES)
        #expect(code("/tmp") == EACCES)
    }

    @Test func aChildIsEndedWithItsOwner() throws {
        let number: Int32
        do {
            let child = try ChildProcess.start(path: "/bin/sleep", arguments: ["600"], descriptors: [])
            number = child.number
            let hasEnded = child.hasEnded()
            #expect(!hasEnded)
        }
        #expect(kill(number, 0) == -1 && errno == ESRCH)
    }

    @Test func theEndOfAChildIsSeen() throws {
        let child = try ChildProcess.start(path: "/bin/sh", arguments: ["-c", "exit 7"], descriptors: [])
        let hasEnded = child.hasEnded(by: Clock.monotonic + 60 * Self.second)
        let ending = child.wait()
        #expect(hasEnded && ending == .exited(status: 7))
    }

    private func code(_ path: String) -> Int32? {
        do throws(SystemError) {
            _ = try ProcessRun.run(path: path, timeout: Self.second, grace: 0)
            return nil
        } catch {
            return error.code
        }
    }

    /// The process whose number was printed is no more, or is just being cleaned up by its new parent.
    private func expectGone(_ run: ProcessRun) throws {
        let number = try #require(Int32(text(run).split(separator: "\n")[0]))
        #expect(number > 1)
        let deadline = Clock.monotonic + 60 * Self.second
        while isRunning(number), Clock.monotonic < deadline { Clock.sleep(milliseconds: 10) }
        #expect(!isRunning(number))
    }

    private func isRunning(_ number: Int32) -> Bool {
        guard let file = fopen("/proc/\(number)/stat", "r") else { return false }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, 256, file) != nil else { return false }
        let words = line.withUnsafeBufferPointer { String(cString: $0.baseAddress.unsafelyUnwrapped) }
        return !words.contains(") Z ")
    }
}
