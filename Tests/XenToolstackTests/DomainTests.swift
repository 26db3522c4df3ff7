import ReplicaModel
import Testing

@testable import XenToolstack

@Suite struct DomainTests {
    @Test(
        arguments: [
            (1 << 0 | 1 << 3, DomainState.dying), (1 << 2 | 2 << 16, .shutdown(.suspend)),
            (1 << 2, .shutdown(.powerOff)),
            (1 << 2 | 1 << 16, .shutdown(.reboot)), (1 << 2 | 3 << 16, .shutdown(.crash)),
            (1 << 2 | 9 << 16, .shutdown(.other(9))), (1 << 3 | 1 << 4, .paused), (1 << 4, .blocked),
            (1 << 5, .running),
            (0, .running),
        ] as [(UInt32, DomainState)])
    func stateComesFromXensFlags(flags: UInt32, state: DomainState) { #expect(DomainState(flags: flags) == state) }

    @Test func typeComesFromWhatXenEmulates() {
        #expect(GuestType(flags: 0, emulation: 0) == .pv)
        #expect(GuestType(flags: 1 << 1, emulation: 1) == .pvh)
        #expect(GuestType(flags: 1 << 1, emulation: 0x7FF) == .hvm)
    }

    @Test func suspendPortIsUsedAgainOnlyForTheSameDomain() {
        let identity = "326fe664-a0ff-40ed-88b5-401e19a68b1d"
        let note = SuspendPort.note(port: 9, identity: identity)
        #expect(SuspendPort.port(inNote: note, identity: identity) == 9)
        #expect(SuspendPort.port(inNote: note, identity: "0ca15d3f-03b9-4fe6-b81a-4b748536117f") == nil)
        for broken in ["", identity, identity + " ", identity + " 0", identity + " x", note + " 1"] {
            #expect(SuspendPort.port(inNote: broken, identity: identity) == nil)
        }
    }
}
