import Glibc
import ReplicaModel
import SystemKit
import Testing

@testable import XenToolstack

@Suite struct ToolstackErrorTests {
    private static let domain = DomainID(rawValue: 7)
    private static let cause = SystemError(code: ENOMEM, call: "xc_shadow_control")

    @Test(
        .enabled(if: access("/sys/hypervisor/type", F_OK) != 0, "this machine runs under Xen"))
    func openingTheHypervisorWithoutXenSaysSo() {
        #expect(throws: ToolstackError.noHypervisor) { try Hypervisor() }
    }

    @Test(arguments: [
        ToolstackError.suspendChannelInUse(domain), .guestNotReady(domain), .domainGone(domain),
        .notHVMContainer(domain),
        .suspendTimedOut(domain, 1500, acknowledged: false), .suspendTimedOut(domain, 1500, acknowledged: true),
        .domainShutDown(domain, .crash), .dirtyLogRefused(domain, cause: cause),
        .dirtyLogIncomplete(domain, frames: 10, covered: 9), .frameNotMapped(domain, frame: 3, cause: cause),
        .callFailed(action: "resume", domain: domain, cause: cause), .ambiguousDomainName("guest", [domain]),
    ])
    func namesTheDomain(error: ToolstackError) { #expect(error.description.contains("7")) }

    @Test(arguments: [
        ToolstackError.dirtyLogRefused(domain, cause: cause), .frameNotMapped(domain, frame: 3, cause: cause),
        .callFailed(action: "resume", domain: nil, cause: cause), .helperNotStarted(verb: "restore", cause: cause),
        .xenStoreFailed(action: "read", path: "/local", cause: cause),
    ])
    func namesTheCause(error: ToolstackError) { #expect(error.description.contains("xc_shadow_control")) }

    @Test func saysThatATimedOutGuestRunsOn() {
        let error = ToolstackError.suspendTimedOut(Self.domain, 1500, acknowledged: false)
        #expect(error.description.contains("1500 ms") && error.description.contains("runs on"))
    }

    @Test func turnsNegativeResultsIntoErrors() throws {
        #expect(try checkedCall(5, "do it", "call", nil) == 5)
        let expected = ToolstackError.callFailed(
            action: "do it", domain: Self.domain, cause: SystemError(code: EINVAL, call: "call"))
        #expect(throws: expected) { try checkedCall(-EINVAL, "do it", "call", Self.domain) }
    }
}
