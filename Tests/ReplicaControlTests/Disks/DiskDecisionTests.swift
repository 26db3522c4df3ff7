import ReplicaModel
import Testing

@testable import ReplicaControl

private let layer = "/dev/mapper/replicactl-r0"

/// A resource that is ready to be wrapped.
private func plain(_ change: (inout DiskSituation) -> Void = { _ in }) -> DiskSituation {
    var now = DiskSituation(
        resource: "r0", volumes: [DiskSituation.Volume(isPrimary: true, lower: "/dev/vdb")], named: ["/dev/vdb"])
    change(&now)
    return now
}

/// One that is wrapped.
private func wrapped(_ change: (inout DiskSituation) -> Void = { _ in }) -> DiskSituation {
    plain {
        $0.volumes[0].lower = layer
        $0.layer = DiskSituation.Layer()
        $0.bootBacking = "/dev/vdb"
        $0.named = [layer]
        change(&$0)
    }
}

@Suite struct WrapDecisionTests {
    private func refusal(_ now: DiskSituation) -> String? {
        guard case .refuse(let why, let hint) = WrapDecision(now), !hint.isEmpty else { return nil }
        return why
    }

    @Test func aSoundResourceIsWrapped() {
        #expect(WrapDecision(plain()) == .wrap(backing: "/dev/vdb"))
        // Nobody uses a secondary, so it needs no peer.
        #expect(
            WrapDecision(
                plain {
                    $0.volumes[0].isPrimary = false; $0.volumes[0].hasGoodPeer = false
                })
                == .wrap(backing: "/dev/vdb"))
    }

    @Test func asecondRunIsNoError() { #expect(WrapDecision(wrapped()) == .isDone) }

    @Test func aPrimaryWithoutAGoodPeerWouldLoseItsDisk() {
        #expect(refusal(plain { $0.volumes[0].hasGoodPeer = false })?.contains("no connected peer") == true)
    }

    @Test func whatCannotBeTakenBackOrIsAtWorkIsRefused() {
        #expect(refusal(plain { $0.volumes = [] }) != nil)
        #expect(refusal(plain { $0.volumes.append(DiskSituation.Volume()) })?.contains("2 volumes") == true)
        #expect(refusal(plain { $0.volumes[0].hasInternalMetadata = true })?.contains("metadata") == true)
        #expect(refusal(plain { $0.volumes[0].isProtected = true })?.contains("protected") == true)
        #expect(refusal(wrapped { $0.layer?.isArmed = true })?.contains("protected") == true)
        #expect(refusal(plain { $0.volumes[0].lower = nil })?.contains("no disk") == true)
        #expect(refusal(plain { $0.volumes[0].isUpToDate = false })?.contains("up to date") == true)
        #expect(refusal(plain { $0.hasJournal = true })?.contains("takeover") == true)
        #expect(refusal(plain { $0.bootBacking = "/dev/vdz" })?.contains("/dev/vdz") == true)
        #expect(refusal(plain { $0.named = ["/dev/sdb"] })?.contains("no `disk /dev/vdb;`") == true)
        #expect(refusal(wrapped { $0.bootBacking = nil })?.contains("not whole") == true)
        #expect(refusal(wrapped { $0.named = ["/dev/vdb"] })?.contains("not whole") == true)
    }

    @Test func anEarlierRunIsBroughtToItsEnd() {
        // Broken off after the boot file, after the rewriting, after the detach.
        #expect(WrapDecision(plain { $0.bootBacking = "/dev/vdb" }) == .wrap(backing: "/dev/vdb"))
        #expect(
            WrapDecision(
                plain {
                    $0.bootBacking = "/dev/vdb"; $0.named = [layer]
                }) == .wrap(backing: "/dev/vdb"))
        #expect(
            WrapDecision(
                wrapped {
                    $0.volumes[0].lower = nil; $0.layer = nil
                }) == .finish(backing: "/dev/vdb"))
    }
}

@Suite struct UnwrapDecisionTests {
    private typealias Steps = UnwrapDecision.Steps

    private func isRefused(_ now: DiskSituation) -> Bool {
        if case .refuse = UnwrapDecision(now) { true } else { false }
    }

    @Test func whatIsNotWrappedIsLeftAlone() {
        #expect(UnwrapDecision(plain()) == .isDone)
        #expect(UnwrapDecision(plain { $0.volumes = [] }) == .isDone)
    }

    @Test func aWrappedResourceIsTakenOff() {
        #expect(
            UnwrapDecision(wrapped())
                == .unwrap(Steps(rewriteTo: "/dev/vdb", detaches: true, removesLayer: true, attaches: true)))
    }

    @Test func oneThatIsDownIsTakenOffWithoutDRBD() {
        #expect(
            UnwrapDecision(wrapped { $0.volumes = [] })
                == .unwrap(Steps(rewriteTo: "/dev/vdb", detaches: false, removesLayer: true, attaches: false)))
    }

    @Test func anEarlierRunIsBroughtToItsEnd() {
        #expect(
            UnwrapDecision(
                wrapped {
                    $0.named = ["/dev/vdb"]; $0.volumes[0].lower = nil
                })
                == .unwrap(Steps(rewriteTo: nil, detaches: false, removesLayer: true, attaches: true)))
        #expect(
            UnwrapDecision(plain { $0.bootBacking = "/dev/vdb" })
                == .unwrap(Steps(rewriteTo: nil, detaches: false, removesLayer: false, attaches: false)))
    }

    @Test func aLayerInUseStays() {
        #expect(isRefused(wrapped { $0.layer?.isArmed = true }))
        #expect(isRefused(wrapped { $0.volumes[0].isProtected = true }))
        #expect(isRefused(wrapped { $0.volumes[0].hasGoodPeer = false }))
        #expect(isRefused(wrapped { $0.hasJournal = true }))
        #expect(isRefused(wrapped { $0.bootBacking = nil }))
    }
}
