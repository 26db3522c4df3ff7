internal import CLinux
internal import Glibc
internal import Synchronization
internal import SystemKit

/// What a learner's thread knows, and the thread's loop.
final class AddressWatch: Sendable {
    private struct State {
        var addresses: GuestAddresses
        var failure: SystemError?
    }

    private let socket: FileDescriptor
    private let stop: StopSignal
    private let state: Mutex<State>

    init(socket: consuming FileDescriptor, known: GuestAddresses, stop: StopSignal) {
        self.socket = socket
        self.stop = stop
        state = Mutex(State(addresses: known))
    }

    var addresses: GuestAddresses { state.withLock { $0.addresses } }

    var failure: SystemError? { state.withLock { $0.failure } }

    /// Reads frames until the signal stops it or the socket fails.
    func run() {
        let mac = addresses.mac
        var frame: [UInt8] = Array(repeating: 0, count: LearnedAddress.wantedBytes)
        while true {
            let length = frame.withUnsafeMutableBytes {
                rc_packet_receive(socket.number, stop.number, $0.baseAddress, $0.count)
            }
            if length == 0 { return }
            // The interface was set down; it may come up again, and the socket stays bound to it.
            if length == -ENETDOWN { continue }
            guard length > 0 else {
                state.withLock { $0.failure = SystemError(code: -length, call: "recv of a packet socket") }
                return
            }
            let bytes = frame.span.bytes.extracting(0..<Int(length))
            guard let learned = LearnedAddress.learn(bytes, from: mac) else { continue }
            state.withLock { $0.addresses.note(learned) }
        }
    }
}
