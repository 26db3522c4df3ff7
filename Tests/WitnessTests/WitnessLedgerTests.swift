import Testing

@testable import Witness

@Suite struct WitnessLedgerTests {
    private let first = Fixtures.record("xen1", 1, "xen2")
    private let alone = Fixtures.record("xen1", 1)
    private let taken = Fixtures.record("xen2", 2)

    @Test func onlyTheExpectedRecordIsReplaced() {
        var ledger = WitnessLedger()
        #expect(ledger.answer(.swap(expected: alone, new: first), domain: Fixtures.domain) == .refused(nil))
        #expect(ledger.answer(.swap(expected: nil, new: first), domain: Fixtures.domain) == .granted)
        #expect(ledger.answer(.swap(expected: nil, new: taken), domain: Fixtures.domain) == .refused(first))
        #expect(ledger.answer(.swap(expected: first, new: taken), domain: Fixtures.domain) == .granted)
        #expect(ledger.answer(.swap(expected: first, new: alone), domain: Fixtures.domain) == .refused(taken))
        #expect(ledger.answer(.read, domain: Fixtures.domain) == .record(taken))
    }

    @Test func whatStandsAlreadyIsGranted() {
        var ledger = WitnessLedger()
        #expect(ledger.swap(Fixtures.domain, expected: nil, new: first) == .granted)
        #expect(ledger.swap(Fixtures.domain, expected: nil, new: first) == .granted)
        #expect(ledger.swap(Fixtures.domain, expected: alone, new: first) == .granted)
    }

    @Test func aLateSwapIsVoidEvenWhenItsRecordIsBack() {
        var ledger = WitnessLedger()
        #expect(ledger.swap(Fixtures.domain, expected: nil, new: alone) == .granted)
        let asked = ledger.revision(of: Fixtures.domain)
        #expect(ledger.swap(Fixtures.domain, expected: alone, new: first) == .granted)
        #expect(ledger.swap(Fixtures.domain, expected: first, new: alone) == .granted)
        #expect(
            ledger.swap(Fixtures.domain, expected: alone, new: first, asOf: asked) == .refused(current: alone))
        #expect(ledger.records[Fixtures.domain] == alone)
    }

    @Test func aGrantOfWhatStandsVoidsEarlierSwaps() {
        var ledger = WitnessLedger()
        #expect(ledger.swap(Fixtures.domain, expected: nil, new: alone) == .granted)
        let asked = ledger.revision(of: Fixtures.domain)
        #expect(ledger.swap(Fixtures.domain, expected: first, new: alone) == .granted)
        #expect(
            ledger.swap(Fixtures.domain, expected: alone, new: first, asOf: asked) == .refused(current: alone))
    }

    @Test func domainsAndHostsAreToldApart() {
        var ledger = WitnessLedger()
        _ = ledger.swap(Fixtures.domain, expected: nil, new: first)
        ledger.presentHosts = ["xen1"]
        #expect(ledger.answer(.read, domain: Fixtures.freshDomain()) == .record(nil))
        #expect(ledger.answer(.presence(host: "xen1"), domain: Fixtures.domain) == .presence(true))
        #expect(ledger.answer(.presence(host: "xen2"), domain: Fixtures.domain) == .presence(false))
    }
}
