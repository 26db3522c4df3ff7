import Testing

@testable import OutputBuffer

/// What is done about each state that a crash, an operator or another tool can leave.
@Suite struct BufferSetUpPlanTests {
    private let ours = RouteLink(name: "rc3.0", index: 40, kind: "ifb", isUp: true, framesIn: 0, framesDone: 0)

    private func redirect(_ preference: UInt16, to target: Int32) -> Redirect {
        Redirect(preference: preference, target: target)
    }

    @Test func makesTheBufferWhereThereIsNothing() {
        let plan = BufferSetUp.plan(device: nil, ingress: .nothing)
        #expect(plan == .create(clearingIngress: false, clearingDevice: false))
    }

    @Test func replacesADeviceThatNothingIsRedirectedTo() {
        let plan = BufferSetUp.plan(device: ours, ingress: .nothing)
        #expect(plan == .create(clearingIngress: false, clearingDevice: true))
    }

    @Test func replacesASetUpThatBrokeOffBeforeItsRedirect() {
        let plan = BufferSetUp.plan(device: ours, ingress: .empty)
        #expect(plan == .create(clearingIngress: true, clearingDevice: true))
    }

    @Test func adoptsWhatAnEarlierProcessLeft() {
        let plan = BufferSetUp.plan(device: ours, ingress: .redirects([redirect(1, to: 40)]))
        #expect(plan == .adopt(ours, stale: []))
    }

    @Test func adoptsARebuildThatBrokeOffAndDropsItsOldRedirect() {
        let ingress = IngressContent.redirects([redirect(1, to: 0), redirect(2, to: 40)])
        #expect(BufferSetUp.plan(device: ours, ingress: ingress) == .adopt(ours, stale: [redirect(1, to: 0)]))
    }

    @Test func keepsASilencedInterfaceHeld() {
        let silenced = IngressContent.redirects([redirect(2, to: 0)])
        #expect(
            BufferSetUp.plan(device: nil, ingress: silenced)
                == .rebuild(stale: [redirect(2, to: 0)], clearingDevice: false))
        #expect(
            BufferSetUp.plan(device: ours, ingress: silenced)
                == .rebuild(stale: [redirect(2, to: 0)], clearingDevice: true))
    }

    @Test(arguments: [IngressContent.empty, .foreign("a clsact queue")])
    func leavesAForeignIngressAlone(ingress: IngressContent) {
        guard case .refuse = BufferSetUp.plan(device: nil, ingress: ingress) else {
            Issue.record("an ingress queue that is not ours was to be changed")
            return
        }
    }

    @Test func leavesAForeignIngressAloneThoughTheDeviceIsOurs() {
        #expect(BufferSetUp.plan(device: ours, ingress: .foreign("a clsact queue")) == .refuse("a clsact queue"))
    }

    @Test func leavesARedirectToAnotherDeviceAlone() {
        let elsewhere = IngressContent.redirects([redirect(1, to: 99)])
        #expect(BufferSetUp.plan(device: ours, ingress: elsewhere) == .refuse("a redirect to device number 99"))
        #expect(BufferSetUp.plan(device: nil, ingress: elsewhere) == .refuse("a redirect to device number 99"))
    }

    @Test func leavesADeviceOfAnotherKindAlone() {
        let bridge = RouteLink(name: "rc3.0", index: 40, kind: "bridge", isUp: true, framesIn: 0, framesDone: 0)
        #expect(
            BufferSetUp.plan(device: bridge, ingress: .nothing) == .refuse("a device named rc3.0 that is no ifb"))
    }
}
