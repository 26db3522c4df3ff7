import Fencing
import Glibc
import ReplicaModel
import SystemKit
import Testing

@Suite struct FenceAgentTests {
    @Test(arguments: FenceConfiguration.Action.allCases)
    func givesTheOptionsAndBelievesTheStatus(action: FenceConfiguration.Action) throws {
        let agent = try FakeAgent("printf '%s\\n' \"$options\" >\"$here/options\"; env >\"$here/environment\"; exit 0")
        let result = FenceAgent(try agent.configuration(action: action)).fence()
        #expect(result.isFenced)
        #expect(agent.note("options") == "action=\(action.rawValue)\nip=192.0.2.7\npassword=top secret=x\n")
        let environment = agent.note("environment").split(separator: "\n").filter { !$0.hasPrefix("PWD=") }
        #expect(
            environment.filter { !$0.hasPrefix("_=") && !$0.hasPrefix("SHLVL=") }.map(String.init) == [
                ProcessStart.searchPath
            ])
    }

    @Test(arguments: [1, 2, 126, 255])
    func aFailureIsAFailureAndSaysWhy(status: Int) throws {
        let agent = try FakeAgent("echo starting; echo \"Failed: no route, password top secret=x\" >&2; exit \(status)")
        let result = FenceAgent(try agent.configuration()).fence()
        #expect(!result.isFenced)
        #expect(result.reason.contains("exit status \(status)") && result.reason.contains("Failed: no route"))
        #expect(!result.reason.contains("top secret"))
    }

    @Test func oneThatHangsIsEndedWithItsChildrenAndFails() throws {
        let agent = try FakeAgent("trap '' TERM; sleep 600 & echo $! >\"$here/child\"; wait; sleep 600; exit 0")
        let result = FenceAgent(try agent.configuration(timeout: 1000)).fence()
        #expect(!result.isFenced && result.reason.contains("took too long"))
        let child = try #require(Int32(agent.note("child").dropLast()))
        let deadline = Clock.monotonic + 60_000_000_000
        while isRunning(child), Clock.monotonic < deadline { Clock.sleep(milliseconds: 10) }
        #expect(!isRunning(child))
    }

    @Test func oneThatSucceedsOnlyWhenToldToEndFails() throws {
        let agent = try FakeAgent("trap 'exit 0' TERM; while :; do sleep 0.05; done")
        #expect(!FenceAgent(try agent.configuration(timeout: 1000)).fence().isFenced)
    }

    @Test func oneThatIsKilledFails() throws {
        let agent = try FakeAgent("kill -9 $$")
        #expect(FenceAgent(try agent.configuration()).fence().reason.contains("signal 9"))
    }

    @Test func aFloodOfOutputIsCutToItsEnd() throws {
        let agent = try FakeAgent(
            "i=0; while [ $i -lt 3000 ]; do echo \"noise $i $i $i\"; i=$((i+1)); done; echo THE CAUSE; exit 1")
        let reason = FenceAgent(try agent.configuration()).fence().reason
        #expect(reason.hasSuffix("THE CAUSE") && reason.count < 1200)
        let endless = try FakeAgent("exec yes")
        #expect(!FenceAgent(try endless.configuration(timeout: 1000)).fence().isFenced)
    }

    @Test func whatCannotBeStartedFails() throws {
        let missing = try FenceConfiguration(
            program: "/nonexistent/fence_x", options: [], action: .off, timeout: 1000, verifies: false)
        #expect(FenceAgent(missing).fence().reason.contains("could not be started"))
        let forbidden = try FakeAgent("exit 0", mode: 0o600)
        #expect(FenceAgent(try forbidden.configuration()).fence().reason.contains("could not be started"))
        #expect(forbidden.note("actions") == "")
    }

    @Test func theStateDecidesWhereItIsAskedFor() throws {
        let off = try FakeAgent("[ \"$action\" = status ] && exit 2; exit 0")
        #expect(FenceAgent(try off.configuration(verifies: true)).fence().isFenced)
        #expect(off.note("actions") == "off\nstatus\n")
        let on = try FakeAgent("exit 0")
        let stillOn = FenceAgent(try on.configuration(timeout: 5000, verifies: true)).fence()
        #expect(stillOn.reason.contains("the peer is still on"))
        #expect(FenceAgent(try on.configuration(action: .reboot, verifies: true)).fence().isFenced)
        // One that answers once and then hangs has said that the peer is on.
        let hangs = try FakeAgent(
            "[ \"$action\" = status ] || exit 0; [ $(wc -l <\"$here/actions\") -ge 3 ] && exec sleep 60; exit 0")
        let asked = FenceAgent(try hangs.configuration(timeout: 5000, verifies: true)).fence()
        #expect(asked.reason.contains("the peer is still on"))
        let unknown = try FakeAgent("[ \"$action\" = status ] && exit 1; exit 0")
        let result = FenceAgent(try unknown.configuration(action: .reboot, timeout: 5000, verifies: true)).fence()
        #expect(result.reason.contains("the peer's state is not known"))
        let slow = try FakeAgent(
            "[ \"$action\" = status ] || exit 0; [ $(wc -l <\"$here/actions\") -ge 4 ] && exit 2; exit 0")
        #expect(FenceAgent(try slow.configuration(verifies: true)).fence().isFenced)
        #expect(slow.note("actions") == "off\nstatus\nstatus\nstatus\n")
    }

    @Test func aCheckDoesNothingToThePeer() throws {
        let good = try FakeAgent("[ \"$action\" = metadata ] && echo '<resource-agent></resource-agent>'; exit 0")
        try FenceAgent(good.configuration()).check()
        #expect(good.note("actions") == "metadata\nmonitor\n")
        let other = try FakeAgent("exit 0")
        #expect(throws: FenceError.self) { try FenceAgent(other.configuration()).check() }
        let cutOff = try FakeAgent("[ \"$action\" = metadata ] && echo '</resource-agent>' && exit 0; exit 1")
        #expect(throws: FenceError.self) { try FenceAgent(cutOff.configuration()).check() }
    }

    private func isRunning(_ process: Int32) -> Bool {
        guard let file = fopen("/proc/\(process)/stat", "r") else { return false }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = fread(&bytes, 1, bytes.count, file)
        let text = String(decoding: bytes.prefix(count), as: UTF8.self)
        return !text.isEmpty && !text.contains(") Z ")
    }
}
