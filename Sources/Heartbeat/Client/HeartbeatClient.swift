internal import CLinux
internal import Glibc
public import ReplicaModel
internal import Synchronization
internal import SystemKit

/// The controller's end of its heartbeat service: gives claims, gets reports, and connects again by itself.
public final class HeartbeatClient: Sendable {
    private struct State: ~Copyable {
        var connection: FileDescriptor?
        var claims: ClaimMessage?
        var serial: UInt64 = 0
        var thread: Thread?
    }

    private let socketPath: String
    private let silence: Milliseconds
    private let onReport: @Sendable (HeartbeatReport) -> Void
    private let onLost: @Sendable () -> Void
    private let wakeUp: FileDescriptor
    private let isStopping = Atomic(false)
    private let state = Mutex(State())

    /// Starts to connect, on a thread of its own on which both callbacks are called; they must not block.
    ///
    /// - Parameters:
    ///   - socketPath: The service's socket.
    ///   - silence: How long the service may be silent before it counts as lost; several intervals.
    ///   - onReport: Gets every report, in order.
    ///   - onLost: The service ended or hangs: the last report says nothing about now. Called once for each connection
    ///     on which a report had come.
    /// - Throws: ``HeartbeatError/system(_:)``.
    public init(
        socketPath: String, silence: Milliseconds, onReport: @escaping @Sendable (HeartbeatReport) -> Void,
        onLost: @escaping @Sendable () -> Void
    ) throws(HeartbeatError) {
        self.socketPath = socketPath
        self.silence = silence
        self.onReport = onReport
        self.onLost = onLost
        do {
            wakeUp = FileDescriptor(owning: try checked(rc_eventfd(0), "eventfd"))
        } catch {
            throw .system(error)
        }
        do {
            var thread: Thread? = try Thread(name: "heartbeat-client") { [self] in work() }
            state.withLock { $0.thread = thread.take() }
        } catch {
            throw .system(error)
        }
    }

    /// Gives the service all that this host says; it is given again after each new connection.
    ///
    /// Never blocks; may be called from any thread.
    ///
    /// - Parameter claims: All claims of this host, not only the changed ones.
    /// - Returns: The number of this list: a report with this ``HeartbeatReport/claimsSerial`` or a higher one proves
    ///   that every datagram sent since carries it, or a later list.
    @discardableResult
    public func send(claims: ClaimList) -> UInt64 {
        state.withLock { state in
            state.serial += 1
            let message = ClaimMessage(serial: state.serial, claims: claims)
            state.claims = message
            Self.send(message, on: state.connection)
            return state.serial
        }
    }

    /// Ends the connection and the thread, which live until then; not to be called in a callback.
    ///
    /// No callback is called afterwards.
    public func stop() {
        isStopping.store(true, ordering: .releasing)
        var one: UInt64 = 1
        _ = Glibc.write(wakeUp.number, &one, MemoryLayout<UInt64>.size)
        let thread = state.withLock { $0.thread.take() }
        thread?.join()
    }

    private static let retryInterval: Milliseconds = 50

    private func work() {
        let packet = PacketBuffer()
        while !isStopping.load(ordering: .acquiring) {
            let number = rc_local_connect(socketPath)
            if number >= 0 {
                begin(FileDescriptor(owning: number))
                let wasHeard = receiveReports(from: number, through: packet.bytes)
                state.withLock { $0.connection = nil }
                if wasHeard && !isStopping.load(ordering: .acquiring) { onLost() }
            }
            _ = wait(for: -1, until: Clock.monotonic + Self.retryInterval.nanoseconds)
        }
    }

    /// Publishes a new connection; the newest claims go first on it.
    private func begin(_ connection: consuming FileDescriptor) {
        var connection: FileDescriptor? = consume connection
        state.withLock { state in
            state.connection = connection.take()
            if let claims = state.claims { Self.send(claims, on: state.connection) }
        }
    }

    private func receiveReports(from number: Int32, through buffer: UnsafeMutableRawBufferPointer) -> Bool {
        var wasHeard = false
        while true {
            guard wait(for: number, until: Clock.monotonic + silence.nanoseconds) else { return wasHeard }
            let length = Int(rc_local_receive(number, buffer.baseAddress, buffer.count))
            if length == Int(-EAGAIN) { continue }
            guard (1...buffer.count).contains(length),
                let report = HeartbeatReport(decoding: buffer.bytes.extracting(0..<length))
            else { return wasHeard }
            wasHeard = true
            onReport(report)
        }
    }

    /// Waits until a descriptor is ready; `false` when the time is over or the client is to stop.
    private func wait(for number: Int32, until deadline: UInt64) -> Bool {
        var polled = [
            pollfd(fd: number, events: Int16(POLLIN), revents: 0),
            pollfd(fd: wakeUp.number, events: Int16(POLLIN), revents: 0),
        ]
        let ready = rc_poll_until(&polled, polled.count, deadline)
        return ready > 0 && polled[1].revents == 0
    }

    /// Sends claims where there is a connection.
    ///
    /// A connection that takes nothing any more is ended, and its successor gets them.
    private static func send(_ message: ClaimMessage, on connection: borrowing FileDescriptor?) {
        let number: Int32
        switch connection {
        case .some(let connection): number = connection.number
        case .none: return
        }
        var bytes = [UInt8](repeating: 0, count: HeartbeatLimits.message)
        var span = bytes.mutableSpan
        var raw = span.mutableBytes
        let length = message.encode(into: &raw)
        let result = bytes.withUnsafeBytes { rc_local_send(number, $0.baseAddress, length) }
        if result < 0 { shutdown(number, Int32(SHUT_RDWR)) }
    }
}
