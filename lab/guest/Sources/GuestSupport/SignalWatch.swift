internal import CGuest
internal import Glibc

/// Turns SIGTERM and SIGINT into something that `poll` reports, so that a client ends with a result.
package struct SignalWatch: ~Copyable {
    private let descriptor: FileDescriptor

    /// Blocks the two signals for the calling thread, and for the threads that it starts, and watches for them.
    package init() throws(SystemError) {
        var signals = Self.signals
        guard sigprocmask(SIG_BLOCK, &signals, nil) == 0 else { throw SystemError(call: "sigprocmask") }
        let raw = signalfd(-1, &signals, Int32(SFD_CLOEXEC) | Int32(SFD_NONBLOCK))
        guard raw >= 0 else { throw SystemError(call: "signalfd") }
        descriptor = FileDescriptor(owning: raw)
    }

    /// The descriptor for `poll`: readable from the first signal on.
    package var raw: Int32 { descriptor.raw }

    /// The signals that are watched.
    static var signals: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGTERM)
        sigaddset(&set, SIGINT)
        return set
    }
}
