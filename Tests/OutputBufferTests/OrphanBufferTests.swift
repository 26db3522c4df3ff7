import TestSupport
import Testing

@testable import OutputBuffer

/// Which buffer devices go by themselves: those alone whose interface is gone.
@Suite struct OrphanBufferTests {
    private func link(_ name: String, _ index: Int32, kind: String = "ifb") -> RouteLink {
        RouteLink(name: name, index: index, kind: kind, isUp: true, framesIn: 0, framesDone: 0)
    }

    private func orphans(among links: [RouteLink], ingress: [IngressContent] = []) -> [String] {
        OrphanSearch.withoutSource(OrphanSearch.withoutNamesake(among: links), ingress: ingress).map(\.name)
    }

    private func redirects(to targets: Int32...) -> IngressContent {
        .redirects(targets.map { Redirect(preference: 1, target: $0) })
    }

    // MARK: The decision

    @Test func takesADeviceWhoseInterfaceIsGone() {
        #expect(orphans(among: [link("eth0", 2, kind: ""), link("rc3.0", 40)]) == ["rc3.0"])
        #expect(orphans(among: [link("eth0", 2, kind: ""), link("rci17", 40)]) == ["rci17"])
    }

    /// Between the making of a buffer and the redirect to it, and after the redirect was taken away again.
    @Test func leavesADeviceWhoseInterfaceIsThereThoughNothingIsRedirectedToIt() {
        #expect(orphans(among: [link("vif3.0", 39, kind: "vif"), link("rc3.0", 40)]).isEmpty)
        #expect(orphans(among: [link("web-frontend-01", 17, kind: "vif"), link("rci17", 40)]).isEmpty)
    }

    @Test func tellsInterfacesOfOneGuestApart() {
        let links = [link("vif3.1", 39, kind: "vif"), link("rc3.0", 40), link("rc3.1", 41), link("rc30.1", 42)]
        #expect(orphans(among: links) == ["rc3.0", "rc30.1"])
    }

    /// A number that belongs to another interface now does not make the device that one's buffer's.
    @Test func doesNotTakeTheDeviceOfAnotherNameForm() {
        #expect(orphans(among: [link("vif3.0", 17, kind: "vif"), link("rci17", 40)]) == ["rci17"])
    }

    @Test func leavesADeviceThatARenamedInterfaceSendsItsOutputTo() {
        let links = [link("renamed", 39, kind: "vif"), link("rc3.0", 40), link("rc4.0", 41)]
        #expect(
            orphans(among: links, ingress: [redirects(to: 0, 40), .nothing, .foreign("a clsact queue")]) == ["rc4.0"])
    }

    @Test func leavesForeignDevicesAlone() {
        #expect(orphans(among: [link("ifb0", 40), link("rc3.0", 41, kind: "bridge"), link("rci", 42)]).isEmpty)
    }

    // MARK: The kernel

    @Test(.enabled(if: hasBufferDevices, "needs root and the kernel's ifb"))
    func deletesOrphansAndNothingElse() throws {
        let (removed, left, again) = try PrivateNetwork.run {
            let socket = try RouteSocket()
            for name in ["vif4.0", "rc4.0", "rc3.0", "rci999", "ifb7"] { try socket.addBufferDevice(name) }
            let removed = try HeldInterface.cleanUpOrphans()
            let left = try socket.links().map(\.name)
            return (removed, left, try HeldInterface.cleanUpOrphans())
        }
        #expect(
            removed == [
                OrphanBuffer(device: "rc3.0", discardedFrames: 0), OrphanBuffer(device: "rci999", discardedFrames: 0),
            ])
        #expect(left == ["lo", "vif4.0", "rc4.0", "ifb7"])
        #expect(again.isEmpty)
    }
}

/// Whether a private network can have buffer devices; needs root and the kernel's ifb.
private let hasBufferDevices = (try? PrivateNetwork.run { try RouteSocket().addBufferDevice("probe") }) != nil
