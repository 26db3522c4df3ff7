import Testing

@testable import OutputBuffer

@Suite struct OutputBufferErrorTests {
    private static let notFound = RouteFailure(code: 12)
    private static let notSupported = RouteFailure(code: 10)
    private static let notPermitted = RouteFailure(code: 28)

    @Test(arguments: [
        (BufferStep.createDevice, notSupported, "ifb"),
        (.addPlug, notFound, "sch_plug"),
        (.addIngress, notFound, "sch_ingress"),
        (.addRedirect, notFound, "cls_matchall or act_mirred"),
    ])
    func namesTheModuleThatTheKernelLacks(step: BufferStep, failure: RouteFailure, module: String) {
        let error = failure.during(step, on: "vif3.0")
        #expect(error == .moduleMissing(module: module, interface: "vif3.0", action: step.words))
        #expect(error.description.hasPrefix("vif3.0: could not \(step.words): the kernel has no \(module);"))
    }

    @Test func namesInterfaceActionAndReasonOtherwise() {
        let error = Self.notPermitted.during(.addPlug, on: "vif3.0")
        #expect(
            error.description
                == "vif3.0: could not put a plug on its buffer device: Operation not permitted")
        #expect(
            Self.notFound.during(.placeBarrier, on: "vif3.0")
                == .kernel(interface: "vif3.0", action: "place a barrier", reason: "Object not found"))
    }

    @Test(arguments: [BufferStep.placeBarrier, .release, .open, .readCounters])
    func aBufferThatWentWithItsInterfaceIsToldApart(step: BufferStep) {
        #expect(RouteFailure.noDevice.during(step, on: "vif3.1") == .noSuchInterface("vif3.1"))
    }

    @Test func attachSaysThatThereIsNoSuchInterface() {
        #expect(throws: OutputBufferError.noSuchInterface("no-such-vif.0")) {
            _ = try HeldInterface.attach(interface: "no-such-vif.0", limitBytes: 1_000_000)
        }
    }
}
