import Testing

@testable import XenToolstack

@Suite struct LifecycleActionsTests {
    private func actions(_ members: String) throws -> LifecycleActions {
        try LifecycleActions(configuration: try #require(JSONValue.parse("{ \(members) }")))
    }

    @Test func absentMembersMeanDestroy() throws {
        #expect(try actions("") == LifecycleActions())
        #expect(try actions("").onReboot == .destroy)
    }

    @Test(arguments: [
        ("destroy", LifecycleActions.Action.destroy), ("restart", .restart), ("restart_rename", .renameRestart),
        ("preserve", .preserve), ("coredump_destroy", .coredumpDestroy), ("coredump_restart", .coredumpRestart),
        ("soft_reset", .softReset),
    ])
    func readsLibxlsWords(word: String, action: LifecycleActions.Action) throws {
        #expect(try actions("\"on_poweroff\": \"\(word)\"") == LifecycleActions(onPowerOff: action))
        #expect(try actions("\"on_reboot\": \"\(word)\"") == LifecycleActions(onReboot: action))
        #expect(try actions("\"on_watchdog\": \"\(word)\"") == LifecycleActions(onWatchdog: action))
        #expect(try actions("\"on_crash\": \"\(word)\"") == LifecycleActions(onCrash: action))
        #expect(try actions("\"on_soft_reset\": \"\(word)\"") == LifecycleActions(onSoftReset: action))
    }

    // A word of xl's file is not one of libxl's; it comes from the peer, so it is refused and not guessed.
    @Test(arguments: ["\"rename-restart\"", "\"\"", "7", "[]"])
    func refusesAnythingElse(value: String) {
        #expect(throws: ToolstackError.malformedConfiguration("its on_crash is not one of libxl's actions")) {
            try actions("\"on_crash\": \(value)")
        }
    }

    @Test func choosesByTheEnd() {
        let actions = LifecycleActions(
            onPowerOff: .preserve, onReboot: .restart, onWatchdog: .coredumpRestart, onCrash: .coredumpDestroy,
            onSoftReset: .softReset)
        #expect(actions.action(for: .poweredOff) == .preserve)
        #expect(actions.action(for: .rebooted) == .restart)
        #expect(actions.action(for: .watchdogRanOut) == .coredumpRestart)
        #expect(actions.action(for: .crashed) == .coredumpDestroy)
        #expect(actions.action(for: .softReset) == .softReset)
        #expect(actions.action(for: .shutDown(code: 9)) == .destroy)
        #expect(actions.action(for: .destroyed) == nil)
    }
}
