import CheckpointStream
import OutputBuffer
import ReplicaModel
import SystemKit
import Testing
import XenToolstack

@testable import ReplicaControl

/// Failures of the parts, in the words that an operator and a program see.
@Suite struct SessionFailureTests {
    private static let id = DomainID(rawValue: 3)

    @Test(arguments: [
        (ToolstackError.suspendTimedOut(id, 2_000, acknowledged: false), ReasonCode.suspendTimeout),
        (.suspendTimedOut(id, 2_000, acknowledged: true), .suspendTimeout),
        (.domainShutDown(id, .reboot), .guestRebooted),
        (.domainShutDown(id, .crash), .guestCrashed),
        (.domainShutDown(id, .powerOff), .guestShutDown),
        (.domainShutDown(id, .watchdog), .guestWatchdog),
        (.domainGone(id), .guestDestroyed),
        (.noSuchDomain("web"), .guestDestroyed),
        (.dirtyLogIncomplete(id, frames: 2, covered: 1), .captureFailed),
        (.helperFailed(verb: "restore", message: "no"), .captureFailed),
    ])
    func aFailureOfTheGuestSaysWhatBecameOfIt(error: ToolstackError, reason: ReasonCode) {
        #expect(SessionFailure(error) == SessionFailure(reason, error.description))
    }

    @Test func aFailureOfTheOutputBufferKeepsItsSentence() {
        let error = OutputBufferError.nothingToRelease(interface: "vif3.0")
        #expect(SessionFailure(error) == SessionFailure(.outputBufferFailed, error.description))
    }

    @Test func anInterfaceThatIsGoneWasDetached() {
        let error = OutputBufferError.noSuchInterface("vif3.1")
        #expect(SessionFailure(error) == SessionFailure(.devicesChanged, error.description))
    }

    @Test func aFailedSystemCallIsAFaultOfThisProgram() {
        let error = SystemError(code: 12, call: "mmap")
        #expect(SessionFailure(error) == SessionFailure(.internalFault, error.description))
    }

    @Test(arguments: [
        (TransportError.unreachable(peer: "xen2 port 7788", reason: "refused"), ReasonCode.peerUnreachable),
        (.frame(.wrongVersion(theirs: 2)), .protocolVersionMismatch),
        (.closed, .connectionLost), (.stalled, .connectionLost), (.timedOut, .connectionLost),
        (.stopped, .connectionLost), (.frame(.payloadChecksum), .connectionLost),
        (.sequence(expected: 2, actual: 3), .connectionLost),
        (.unexpectedBulk(size: 2, room: 1), .connectionLost),
        (.system(SystemError(code: 5, call: "recv")), .connectionLost),
    ])
    func aFailureOfTheConnectionIsToldFromAnAbsentOrOtherPeer(error: TransportError, reason: ReasonCode) {
        #expect(SessionFailure(error) == SessionFailure(reason, error.description))
        #expect(throws: SessionFailure(error)) { try connected { () throws(TransportError) in throw error } }
    }

    @Test func aRefusalKeepsItsReasonAndItsHint() {
        #expect(
            SessionFailure(Refusal(reason: "peer-memory-short", message: "too little memory", hint: "free some"))
                == SessionFailure(.peerMemoryShort, "too little memory; free some"))
        #expect(
            SessionFailure(Refusal(reason: "peer-memory-short", message: "too little memory", hint: ""))
                == SessionFailure(.peerMemoryShort, "too little memory"))
    }

    @Test func aReasonOfALaterReleaseCountsAsAPlainRefusal() {
        #expect(
            SessionFailure(Refusal(reason: "moon-phase", message: "not now", hint: ""))
                == SessionFailure(.peerRefused, "not now"))
        #expect(
            SessionFailure(Ending(reason: "moon-phase", text: "not now"))
                == SessionFailure(.restoreFailed, "the backup says: not now"))
    }

    @Test func theWordOfALostReplicaKeepsItsReason() {
        #expect(
            SessionFailure(Ending(reason: "checkpoint-corrupt", text: "record 3"))
                == SessionFailure(.checkpointCorrupt, "the backup says: record 3"))
    }
}
