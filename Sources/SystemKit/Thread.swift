internal import CLinux
internal import Glibc

/// A thread of our own, for work that blocks or keeps time; never a task of the cooperative pool.
public struct Thread: ~Copyable, Sendable {
    private let handle: pthread_t

    /// Starts a thread.
    ///
    /// - Parameters:
    ///   - name: What debuggers and `ps -L` show; at most 15 bytes, the rest is cut.
    ///   - body: The thread's whole life.
    /// - Throws: ``SystemError`` of `pthread_create`.
    public init(name: String, body: @escaping @Sendable () -> Void) throws(SystemError) {
        let start = Unmanaged.passRetained(ThreadStart(name: String(name.utf8.prefix(15)) ?? "", body: body))
        var handle = pthread_t()
        let error = pthread_create(
            &handle, nil,
            { context in
                guard let context else { return nil }
                let start = Unmanaged<ThreadStart>.fromOpaque(context).takeRetainedValue()
                _ = rc_set_thread_name(start.name)
                start.body()
                return nil
            }, start.toOpaque())
        guard error == 0 else {
            start.release()
            throw SystemError(code: error, call: "pthread_create")
        }
        self.handle = handle
    }

    /// Waits for the thread to end.
    public consuming func join() {
        pthread_join(handle, nil)
        discard self
    }

    /// Lets the thread end on its own.
    public consuming func detach() {
        pthread_detach(handle)
        discard self
    }

    deinit { pthread_detach(handle) }

    /// Puts the calling thread under `SCHED_FIFO`, reset in children.
    ///
    /// - Parameter priority: 1 to 99.
    /// - Throws: ``SystemError`` of `sched_setscheduler`.
    public static func becomeRealtime(priority: Int32) throws(SystemError) {
        try checked(rc_set_realtime(priority), "sched_setscheduler")
    }

    /// Locks the process's memory, so that the calling thread is never delayed by paging.
    ///
    /// - Throws: ``SystemError`` of `mlockall`.
    public static func lockMemory() throws(SystemError) { try checked(rc_lock_memory(), "mlockall") }
}

private final class ThreadStart: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}
