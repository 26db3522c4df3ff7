import ReplicaModel
import Testing

@testable import Heartbeat

@Suite struct LeaseTests {
    private let terms = LeaseTerms(duration: 400, driftMargin: 50)

    @Test func leaseThatWasNeverGrantedIsNotValid() {
        let lease = PrimaryLease(terms: terms)
        #expect(!lease.isValid(at: at(0)))
        #expect(lease.end == nil)
    }

    @Test func leaseEndsExactlyOneDurationAfterTheConfirmedSending() {
        var lease = PrimaryLease(terms: terms)
        lease.renew(confirmed: at(1000))
        #expect(lease.isValid(at: MonotonicTime(nanoseconds: 1_399_999_999)))
        #expect(!lease.isValid(at: at(1400)))
    }

    @Test func olderConfirmationTakesNothingBack() {
        var lease = PrimaryLease(terms: terms)
        lease.renew(confirmed: at(1000))
        lease.renew(confirmed: at(900))
        #expect(lease.end == at(1400))
    }

    @Test func thawedPrimaryFindsItsLeaseRunOut() {
        var lease = PrimaryLease(terms: terms)
        lease.renew(confirmed: at(1000))
        // What was queued during a freeze of eight seconds confirms old sendings only.
        lease.renew(confirmed: at(1050))
        #expect(!lease.isValid(at: at(9050)))
    }

    @Test func backupThatNeverHeardThePrimaryMayNotActivate() {
        #expect(!BackupLease(terms: terms).mayActivate(at: MonotonicTime(nanoseconds: .max)))
    }

    @Test func backupWaitsForLeaseAndMarginFromTheNewestContact() {
        var lease = BackupLease(terms: terms)
        lease.heard(at: at(2000))
        lease.heard(at: at(1000))
        #expect(!lease.mayActivate(at: at(2450)))
        #expect(lease.mayActivate(at: MonotonicTime(nanoseconds: 2_450_000_001)))
    }

    /// One message, sent and heard at random moments of real time, between clocks of random offset and rate.
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func backupStartsAfterThePrimaryStops(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<2000 {
            let margin = UInt64.random(in: 4...400, using: &random)
            let duration = UInt64.random(in: margin...(margin * 100), using: &random)
            let terms = LeaseTerms(
                duration: Milliseconds(rawValue: duration), driftMargin: Milliseconds(rawValue: margin))
            let primaryRate = Double.random(in: 0.9...1.1, using: &random)
            // Up to the tolerated ratio, less what rounding to nanoseconds takes.
            let tolerated = primaryRate * (1 + Double(margin) / Double(duration)) * (1 - 1e-6)
            let backupRate = Double.random(in: (tolerated * 0.8)...tolerated, using: &random)
            let sent = Double.random(in: 0...1e11, using: &random)
            let heard = sent + Double.random(in: 0...1e10, using: &random)
            let primaryOffset = Double.random(in: 0...1e12, using: &random)
            let backupOffset = Double.random(in: 0...1e12, using: &random)

            var primary = PrimaryLease(terms: terms)
            primary.renew(confirmed: MonotonicTime(nanoseconds: UInt64(primaryOffset + sent * primaryRate)))
            var backup = BackupLease(terms: terms)
            backup.heard(at: MonotonicTime(nanoseconds: UInt64(backupOffset + heard * backupRate)))

            let end = (Double(try #require(primary.end).nanoseconds) - primaryOffset) / primaryRate
            let start = (Double(try #require(backup.activationTime).nanoseconds) - backupOffset) / backupRate
            #expect(start > end, "seed \(seed)")
        }
    }

    @Test func gateStaysShutUntilTheClaimsAreConfirmed() {
        var lease = BackupLease(terms: terms)
        lease.heard(at: at(1000))
        var gate = ActivationGate(lease: lease, claimsSerial: 5)
        #expect(!gate.isOpen(at: at(5000)))
        gate.observe(report(serial: 4, heardAt: at(1000)))
        #expect(!gate.isOpen(at: at(5000)))
        gate.observe(report(serial: 5, heardAt: at(1000)))
        #expect(gate.isOpen(at: at(5000)))
    }

    @Test func gateWaitsForWhatWasHeardBeforeTheClaimsTookEffectAndForNothingLater() {
        var lease = BackupLease(terms: terms)
        lease.heard(at: at(1000))
        var gate = ActivationGate(lease: lease, claimsSerial: 5)
        gate.observe(report(serial: 5, heardAt: at(1451)))
        #expect(!gate.isOpen(at: at(1901)))
        // A primary that is heard later finds the claim that voids the echo: it cannot hold the backup up.
        gate.observe(report(serial: 6, heardAt: at(1800)))
        #expect(gate.isOpen(at: at(1902)))
    }

    @Test func gateCountsOwnLatenessAsContact() {
        var lease = BackupLease(terms: terms)
        lease.heard(at: at(1000))
        var gate = ActivationGate(lease: lease, claimsSerial: 5)
        var late = report(serial: 5, heardAt: at(1000))
        late.lateness.graceSince = at(1600)
        gate.observe(late)
        #expect(!gate.isOpen(at: at(2050)))
        #expect(gate.isOpen(at: at(2051)))
    }

    private func report(serial: UInt64, heardAt moment: MonotonicTime) -> HeartbeatReport {
        var report = HeartbeatReport(time: moment, paths: pairConfiguration(own: "a", peer: "b").paths)
        report.claimsSerial = serial
        report.paths[0].lastHeard = moment
        return report
    }
}
