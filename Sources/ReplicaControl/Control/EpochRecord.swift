public import Pacing

/// What one epoch cost, phase by phase; written once, when its output was released.
public struct EpochRecord: Codable, Equatable, Sendable {
    /// The epoch's number, from 1.
    public var epoch: UInt64
    /// Pages that the guest had written since the epoch before.
    public var dirtyPages: UInt64
    /// Bytes of its records as they were captured, pages and vCPU state.
    public var rawBytes: UInt64
    /// Bytes sent to the backup for them.
    public var bytes: UInt64
    /// From the request to suspend until the guest stood still, in microseconds: the guest freezes its own tasks.
    public var suspendMicroseconds: UInt64
    /// Copying of dirty pages and of the vCPU state into staging, in microseconds.
    public var captureMicroseconds: UInt64
    /// From the end of the capture until the backup's disk barrier stood, in microseconds; next to nothing without disk writes.
    public var diskBarrierMicroseconds: UInt64
    /// From then until the guest ran again, in microseconds.
    public var resumeMicroseconds: UInt64
    /// How long the guest stood still: capture, disk barrier and resume, in microseconds.
    public var suspendedMicroseconds: UInt64
    /// Encoding of pages, in microseconds of all threads that do so; they work while other pages are being sent.
    public var encodeMicroseconds: UInt64
    /// Handing the frames to the network, and waiting for pages to be encoded, in microseconds.
    public var sendMicroseconds: UInt64
    /// From the last byte sent until the backup acknowledged, in microseconds.
    public var acknowledgeMicroseconds: UInt64
    /// Releasing the epoch's output after the acknowledgement, in microseconds.
    public var releaseMicroseconds: UInt64
    /// Why it began when it did.
    public var trigger: EpochTrigger?
    /// How long its oldest frame was held, in microseconds: every other one less; absent where it held none.
    public var outputLatencyMicroseconds: UInt64?
    /// How much of 100 of its processor time the guest kept in it.
    public var processorPercent: UInt64?

    /// Makes a record; every time is in microseconds.
    public init(
        epoch: UInt64, dirtyPages: UInt64 = 0, rawBytes: UInt64 = 0, bytes: UInt64 = 0, suspendMicroseconds: UInt64 = 0,
        captureMicroseconds: UInt64 = 0, diskBarrierMicroseconds: UInt64 = 0, resumeMicroseconds: UInt64 = 0,
        suspendedMicroseconds: UInt64 = 0,
        encodeMicroseconds: UInt64 = 0, sendMicroseconds: UInt64 = 0, acknowledgeMicroseconds: UInt64 = 0,
        releaseMicroseconds: UInt64 = 0, trigger: EpochTrigger? = nil, outputLatencyMicroseconds: UInt64? = nil,
        processorPercent: UInt64? = nil
    ) {
        self.epoch = epoch
        self.dirtyPages = dirtyPages
        self.rawBytes = rawBytes
        self.bytes = bytes
        self.suspendMicroseconds = suspendMicroseconds
        self.captureMicroseconds = captureMicroseconds
        self.diskBarrierMicroseconds = diskBarrierMicroseconds
        self.resumeMicroseconds = resumeMicroseconds
        self.suspendedMicroseconds = suspendedMicroseconds
        self.encodeMicroseconds = encodeMicroseconds
        self.sendMicroseconds = sendMicroseconds
        self.acknowledgeMicroseconds = acknowledgeMicroseconds
        self.releaseMicroseconds = releaseMicroseconds
        self.trigger = trigger
        self.outputLatencyMicroseconds = outputLatencyMicroseconds
        self.processorPercent = processorPercent
    }
}
