internal import CLinux
internal import SystemKit

/// An event that ends a thread's waits, once and for all.
final class StopSignal: Sendable {
    private let event: FileDescriptor

    init() throws(SystemError) { event = FileDescriptor(owning: try checked(rc_eventfd(0), "eventfd")) }

    /// The descriptor that becomes readable.
    var number: Int32 { event.number }

    func fire() {
        // The counter of an eventfd takes this write unless it has been fired 2^64 times.
        let one: UInt64 = 1
        try? withUnsafeBytes(of: one) { (bytes) throws(SystemError) in try event.writeAll(bytes) }
    }
}

/// Fires a signal when it is dropped, so that no thread outlives the value that stands for it.
struct StopOnDrop: ~Copyable, Sendable {
    let signal: StopSignal

    deinit { signal.fire() }
}
