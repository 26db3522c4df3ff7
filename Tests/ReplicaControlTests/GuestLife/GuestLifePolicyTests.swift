import ReplicaModel
import Testing
import XenToolstack

@testable import ReplicaControl

@Suite struct GuestLifePolicyTests {
    private let now = MonotonicTime(nanoseconds: 1_000_000_000_000)
    private static let ends: [GuestEnd] = [
        .poweredOff, .rebooted, .crashed, .watchdogRanOut, .softReset, .shutDown(code: 9), .destroyed,
    ]

    private func planned(
        _ end: GuestEnd, _ action: LifecycleActions.Action, _ replica: GuestLifePolicy.Replica = .gone,
        previousStart: MonotonicTime? = nil
    ) -> GuestLifePlan? {
        let actions = LifecycleActions(
            onPowerOff: action, onReboot: action, onWatchdog: action, onCrash: action, onSoftReset: action)
        return GuestLifePolicy.plan(
            after: end, actions: actions, replica: replica, previousStart: previousStart, at: now)
    }

    // Safety rule 2: a domain that is made anew beside a replica that takes over would be the second of two.
    @Test(arguments: ends) func nothingIsDoneWhileTheReplicaMayTakeOver(end: GuestEnd) {
        for action in LifecycleActions.Action.allCases { #expect(planned(end, action, .mayTakeOver) == nil) }
    }

    @Test(arguments: ends) func nothingIsMadeAnewOnceThePeerRunsTheDomain(end: GuestEnd) throws {
        for action in LifecycleActions.Action.allCases {
            let plan = try #require(planned(end, action, .tookOver))
            #expect(plan.steps == (end == .destroyed ? [] : [.destroy]))
        }
    }

    @Test(arguments: [
        (LifecycleActions.Action.destroy, [GuestLifePlan.Step.destroy]), (.restart, [.destroy, .create]),
        (.renameRestart, [.setAside, .create]), (.preserve, []), (.coredumpDestroy, [.dumpCore, .destroy]),
        (.coredumpRestart, [.dumpCore, .destroy, .create]), (.softReset, [.destroy, .create]),
    ])
    func doesWhatTheConfigurationWants(action: LifecycleActions.Action, steps: [GuestLifePlan.Step]) throws {
        for end in Self.ends where end != .destroyed && end != .shutDown(code: 9) {
            let plan = try #require(planned(end, action))
            #expect(plan.steps == steps)
            #expect(!plan.isGone)
            #expect(plan.notBefore == now)
        }
    }

    @Test func aDomainThatSomebodyDestroyedIsNotMadeAnew() throws {
        for action in LifecycleActions.Action.allCases {
            let plan = try #require(planned(.destroyed, action))
            #expect(plan.steps.isEmpty)
            #expect(plan.isGone)
        }
    }

    @Test func anEndThatXenDoesNotNameIsOneToDestroy() throws {
        #expect(try #require(planned(.shutDown(code: 9), .restart)).steps == [.destroy])
    }

    // Nothing is made anew that was not first destroyed or put aside.
    @Test func aDomainIsNeverTwiceOnThisHost() throws {
        for end in Self.ends {
            for action in LifecycleActions.Action.allCases {
                let steps = try #require(planned(end, action)).steps
                guard let create = steps.firstIndex(of: .create) else { continue }
                #expect(steps[..<create].contains { $0 == .destroy || $0 == .setAside })
                #expect(create == steps.count - 1)
            }
        }
    }

    @Test func startsOfTheSameGuestKeepTheirDistance() throws {
        let earlier = MonotonicTime(nanoseconds: now.nanoseconds - 3_000_000_000)
        let soon = try #require(planned(.crashed, .restart, previousStart: earlier))
        #expect(soon.notBefore == earlier + GuestLifePolicy.restartInterval)
        let longAgo = MonotonicTime(nanoseconds: now.nanoseconds - 60_000_000_000)
        #expect(try #require(planned(.crashed, .restart, previousStart: longAgo)).notBefore == now)
        // Only a start is slowed down.
        #expect(try #require(planned(.crashed, .destroy, previousStart: earlier)).notBefore == now)
    }

    @Test func everyEndHasItsReason() {
        #expect(
            Self.ends.map(\.reason) == [
                .guestShutDown, .guestRebooted, .guestCrashed, .guestWatchdog, .guestSoftReset, .guestShutDown,
                .guestDestroyed,
            ])
    }
}
