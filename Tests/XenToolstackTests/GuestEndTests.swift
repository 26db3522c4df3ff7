import ReplicaModel
import Synchronization
import SystemKit
import Testing

@testable import XenToolstack

@Suite struct GuestEndTests {
    @Test(arguments: [
        (DomainState.shutdown(.powerOff), GuestEnd.poweredOff), (.shutdown(.reboot), .rebooted),
        (.shutdown(.crash), .crashed), (.shutdown(.watchdog), .watchdogRanOut), (.shutdown(.softReset), .softReset),
        (.shutdown(.other(9)), .shutDown(code: 9)), (.dying, .destroyed),
    ])
    func tellsTheEndsApart(state: DomainState, end: GuestEnd) { #expect(GuestEnd(state: state) == end) }

    @Test(arguments: [DomainState.running, .blocked, .paused, .shutdown(.suspend)])
    func aSuspendedOrPausedGuestHasNotEnded(state: DomainState) { #expect(GuestEnd(state: state) == nil) }

    @Test func aDomainThatXenDoesNotKnowWasDestroyed() { #expect(GuestEnd(state: nil) == .destroyed) }

    @Test func readsTheEndOutOfTheErrorOfASuspend() {
        let id = DomainID(rawValue: 5)
        #expect(GuestEnd(error: .domainShutDown(id, .reboot)) == .rebooted)
        #expect(GuestEnd(error: .domainShutDown(id, .crash)) == .crashed)
        #expect(GuestEnd(error: .domainGone(id)) == .destroyed)
        #expect(GuestEnd(error: .suspendTimedOut(id, 100, acknowledged: false)) == nil)
        #expect(
            GuestEnd(error: .callFailed(action: "x", domain: id, cause: SystemError(code: 3, call: "y"))) == nil)
    }
}

@Suite struct GuestEndTableTests {
    private let domain = DomainID(rawValue: 7)
    private let identity = DomainIdentity(high: 1, low: 2)

    private final class Told: Sendable {
        let ends = Mutex<[GuestEnd]>([])
    }

    private func ticket(_ table: GuestEndTable) throws -> UInt64 { try #require(table.entries[domain]).ticket }

    @Test func tellsAnEndOnce() throws {
        let told = Told()
        var table = GuestEndTable()
        table.add(domain, identity: identity) { end in told.ends.withLock { $0.append(end) } }
        let found = [(domain: domain, ticket: try ticket(table), end: GuestEnd.rebooted)]
        for entry in table.take(found) { entry.entry.onEnd(entry.end) }
        for entry in table.take(found) { entry.entry.onEnd(entry.end) }
        #expect(told.ends.withLock { $0 } == [.rebooted])
        #expect(table.entries.isEmpty)
    }

    @Test func tellsNothingOfADomainThatWasForgottenMeanwhile() throws {
        var table = GuestEndTable()
        table.add(domain, identity: identity) { _ in }
        let found = [(domain: domain, ticket: try ticket(table), end: GuestEnd.destroyed)]
        table.remove(domain)
        #expect(table.take(found).isEmpty)
    }

    // A finding about the older domain must not end the watch of one that got its number.
    @Test func aNewWatchOfTheSameNumberIsAnother() throws {
        var table = GuestEndTable()
        table.add(domain, identity: identity) { _ in }
        let found = [(domain: domain, ticket: try ticket(table), end: GuestEnd.destroyed)]
        table.add(domain, identity: DomainIdentity(high: 3, low: 4)) { _ in }
        #expect(table.take(found).isEmpty)
        #expect(table.entries[domain]?.identity == DomainIdentity(high: 3, low: 4))
    }
}
