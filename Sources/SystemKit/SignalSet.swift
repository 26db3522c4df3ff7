internal import Glibc

/// Signals that a thread of our own waits for, in place of handlers that run in the middle of anything.
public struct SignalSet: Sendable {
    private let signals: sigset_t

    /// Makes a set.
    ///
    /// - Parameter numbers: Signals that can be blocked, such as `SIGTERM`.
    public init(_ numbers: [Int32]) {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in numbers { sigaddset(&signals, number) }
        self.signals = signals
    }

    /// The requests to end: Ctrl-C, the service manager's, and a terminal that goes away.
    public static let termination = SignalSet([SIGINT, SIGTERM, SIGHUP])

    /// Blocks the signals for the calling thread and for all threads that it starts; they wait for ``wait()``.
    public func block() {
        var signals = self.signals
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    /// Waits for one of the signals, which the calling thread has blocked.
    ///
    /// - Returns: The signal's number.
    public func wait() -> Int32 {
        var signals = self.signals
        var number: Int32 = 0
        while sigwait(&signals, &number) != 0 {}
        return number
    }

    /// Waits for one of the signals for some time.
    ///
    /// - Parameter seconds: The longest wait.
    /// - Returns: The signal's number, or `nil` when none came.
    public func wait(seconds: Int) -> Int32? {
        var signals = self.signals
        var time = timespec(tv_sec: seconds, tv_nsec: 0)
        let number = sigtimedwait(&signals, nil, &time)
        return number > 0 ? number : nil
    }

    /// Makes writing to a closed connection an error of the call instead of the end of the process.
    public static func ignoreBrokenPipes() { _ = signal(SIGPIPE, SIG_IGN) }
}
