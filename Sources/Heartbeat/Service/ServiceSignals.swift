internal import CLinux
internal import Glibc
internal import Synchronization
internal import SystemKit

/// What other threads tell the beat's thread, with an eventfd that wakes it; nobody ever waits for a lock here.
final class ServiceSignals: Sendable {
    private let wakeUp: FileDescriptor
    private let stop = Atomic(false)
    /// One bit a path.
    private let carrierBits = Atomic<UInt8>(0)
    private let beatCount = Atomic<UInt64>(0)

    init() throws(SystemError) {
        wakeUp = FileDescriptor(owning: try checked(rc_eventfd(0), "eventfd"))
    }

    /// The eventfd's number, to poll.
    var number: Int32 { wakeUp.number }

    /// Whether the service is to end.
    var isStopping: Bool { stop.load(ordering: .acquiring) }

    /// The paths whose interface has a carrier.
    var carriers: PathSet { PathSet(rawValue: carrierBits.load(ordering: .acquiring)) }

    /// The beats so far: who sees it stand still knows that the beat's thread hangs.
    var beats: UInt64 { beatCount.load(ordering: .relaxed) }

    func requestStop() {
        stop.store(true, ordering: .releasing)
        wake()
    }

    func setCarriers(_ paths: PathSet) {
        if carrierBits.exchange(paths.rawValue, ordering: .acquiringAndReleasing) != paths.rawValue { wake() }
    }

    func countBeat() { beatCount.wrappingAdd(1, ordering: .relaxed) }

    /// Empties the eventfd.
    func clear() {
        var count: UInt64 = 0
        _ = Glibc.read(wakeUp.number, &count, MemoryLayout<UInt64>.size)
    }

    private func wake() {
        var one: UInt64 = 1
        _ = Glibc.write(wakeUp.number, &one, MemoryLayout<UInt64>.size)
    }
}
