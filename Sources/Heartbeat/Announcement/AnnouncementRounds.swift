internal import CLinux
internal import Synchronization
internal import SystemKit

/// The rounds of one announcer, as its thread sends them.
final class AnnouncementRounds: Sendable {
    private let socket: FileDescriptor
    private let interface: Int32
    private let frames: [[UInt8]]
    private let deadlines: [UInt64]
    private let stop: StopSignal
    // Plain counters, read for display only: relaxed order is enough.
    private let sent = Atomic<Int>(0)
    private let failed = Atomic<Int>(0)

    init(
        socket: consuming FileDescriptor, interface: Int32, frames: [[UInt8]], deadlines: [UInt64], stop: StopSignal
    ) {
        self.socket = socket
        self.interface = interface
        self.frames = frames
        self.deadlines = deadlines
        self.stop = stop
    }

    var sentFrames: Int { sent.load(ordering: .relaxed) }

    var failedFrames: Int { failed.load(ordering: .relaxed) }

    /// Sends the rounds at their deadlines on the monotonic clock, until the signal stops it.
    func run() {
        for deadline in deadlines {
            guard rc_wait_until_or_stop(deadline, stop.number) == 1 else { return }
            sendRound()
        }
    }

    func sendRound() {
        for frame in frames {
            let result = frame.withUnsafeBytes { rc_packet_send(socket.number, interface, $0.baseAddress, $0.count) }
            if result == 0 { sent.add(1, ordering: .relaxed) } else { failed.add(1, ordering: .relaxed) }
        }
    }
}
