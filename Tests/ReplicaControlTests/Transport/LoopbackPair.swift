import CheckpointStream
import ReplicaControl
import ReplicaModel
import Synchronization
import SystemKit

/// Two ends of a TCP connection over the loopback interface.
struct LoopbackPair {
    let primary: TCPTransport
    let backup: TCPTransport

    static let patience: Milliseconds = 10_000

    init(host: String = "127.0.0.1") throws(TransportError) {
        let listener = try TCPListener(host: host, port: 0, userTimeout: Self.patience)
        // The kernel completes the connection before it is accepted.
        primary = try TCPTransport.connect(
            host: host, port: listener.port, timeout: Self.patience, userTimeout: Self.patience)
        backup = try listener.accept()
    }
}

/// Runs a body on a thread of its own and keeps its result for the one who waits.
final class Background<Value: Sendable>: Sendable {
    private let slot = Slot<Value>()
    private let thread: Mutex<Thread?>

    init(_ body: @escaping @Sendable () -> Value) throws {
        let slot = slot
        thread = Mutex(try Thread(name: "test") { slot.value.withLock { $0 = body() } })
    }

    /// Waits for the end of the body.
    func wait() -> Value? {
        thread.withLock { $0.take() }?.join()
        return slot.value.withLock { $0 }
    }
}

private final class Slot<Value: Sendable>: Sendable {
    let value = Mutex<Value?>(nil)
}

extension TransportError {
    /// The error that a body throws, or `nil`.
    static func thrown(by body: () throws(TransportError) -> Void) -> TransportError? {
        do throws(TransportError) {
            try body()
            return nil
        } catch {
            return error
        }
    }
}

extension TCPTransport {
    func send(_ bytes: [UInt8], timeout: Milliseconds = LoopbackPair.patience) throws(TransportError) {
        try bytes.span.bytes.withUnsafeBytes { (raw) throws(TransportError) in
            try send(raw, UnsafeRawBufferPointer(start: nil, count: 0), timeout: timeout)
        }
    }

    func receive(_ count: Int, timeout: Milliseconds? = LoopbackPair.patience) throws(TransportError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var span = bytes.mutableSpan
        try span.withUnsafeMutableBytes { (raw) throws(TransportError) in try receive(into: raw, timeout: timeout) }
        return bytes
    }
}

/// Raised once by one thread, waited for by another one.
final class Flag: Sendable {
    private let isRaised = Atomic(false)

    func raise() { isRaised.store(true, ordering: .releasing) }

    func waitUntilRaised() {
        while !isRaised.load(ordering: .acquiring) { Clock.sleep(milliseconds: 1) }
    }
}
