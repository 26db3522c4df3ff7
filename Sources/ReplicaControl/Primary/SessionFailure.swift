internal import DiskMirror
internal import OutputBuffer
internal import PageEncoding
public import ReplicaModel
internal import SystemKit
internal import XenToolstack

/// Why a session could not go on: a word for programs and a sentence for people.
public struct SessionFailure: Error, Equatable, Sendable {
    /// The cause, as one word.
    public let reason: ReasonCode
    /// What was tried, on what, what happened, and what to do.
    public let text: String

    /// Makes a failure.
    public init(_ reason: ReasonCode, _ text: String) {
        self.reason = reason
        self.text = text
    }

    /// A failure of Xen or of the guest itself.
    init(_ error: ToolstackError) {
        let reason: ReasonCode =
            switch error {
            case .suspendTimedOut: .suspendTimeout
            default: GuestEnd(error: error)?.reason ?? .captureFailed
            }
        self.init(reason, error.description)
    }

    /// A failure of the output buffer.
    init(_ error: OutputBufferError) {
        let reason: ReasonCode =
            switch error {
            // Detached while the output was held, before the look at the guest's devices saw it.
            case .noSuchInterface: .devicesChanged
            default: .outputBufferFailed
            }
        self.init(reason, error.description)
    }

    /// A failure of the disks' mirror.
    init(_ error: MirrorError) { self.init(.diskMirrorFailed, error.description) }

    /// A failure of a disk's undo log.
    init(_ error: EpochLayerError) {
        let reason: ReasonCode =
            switch error {
            case .logInvalid: .undoLogLost
            default: .diskLayerFailed
            }
        self.init(reason, error.description)
    }

    /// A failure of the page caches or of encoding.
    init(_ error: PageEncodingError) {
        let reason: ReasonCode =
            switch error {
            case .noMemory: .memoryShort
            default: .internalFault
            }
        self.init(reason, error.description)
    }

    /// A failure of a system call.
    init(_ error: SystemError) { self.init(.internalFault, error.description) }
}
