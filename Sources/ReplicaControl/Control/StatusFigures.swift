/// All epochs since protection began, in a few figures.
public struct EpochSummary: Codable, Equatable, Sendable {
    /// Epochs that were acknowledged and released.
    public var count: UInt64
    /// Dirty pages of all of them.
    public var pages: UInt64
    /// Bytes of their records as they were captured.
    public var rawBytes: UInt64
    /// Bytes sent for all of them.
    public var bytes: UInt64
    /// How long the guest stood still an epoch: half of the recent epochs were shorter, in milliseconds.
    public var suspendedMillisecondsP50: Double
    /// The same for 99 of 100 recent epochs, in milliseconds.
    public var suspendedMillisecondsP99: Double
    /// The longest of all epochs, in milliseconds.
    public var suspendedMillisecondsMax: Double
    /// The mean time from one epoch to the next of the recent epochs, in milliseconds.
    public var intervalMilliseconds: Double
    /// How long the oldest frame of an epoch was held: in half of the recent epochs that held any it was less, in
    /// milliseconds; absent before the first.
    public var outputLatencyMillisecondsP50: Double?
    /// The same for 99 of 100 of them, in milliseconds.
    public var outputLatencyMillisecondsP99: Double?

    /// Makes a summary.
    public init(
        count: UInt64, pages: UInt64, rawBytes: UInt64, bytes: UInt64, suspendedMillisecondsP50: Double,
        suspendedMillisecondsP99: Double, suspendedMillisecondsMax: Double, intervalMilliseconds: Double,
        outputLatencyMillisecondsP50: Double? = nil, outputLatencyMillisecondsP99: Double? = nil
    ) {
        self.count = count
        self.pages = pages
        self.rawBytes = rawBytes
        self.bytes = bytes
        self.suspendedMillisecondsP50 = suspendedMillisecondsP50
        self.suspendedMillisecondsP99 = suspendedMillisecondsP99
        self.suspendedMillisecondsMax = suspendedMillisecondsMax
        self.intervalMilliseconds = intervalMilliseconds
        self.outputLatencyMillisecondsP50 = outputLatencyMillisecondsP50
        self.outputLatencyMillisecondsP99 = outputLatencyMillisecondsP99
    }
}

/// The guest's output that is held.
public struct OutputStatus: Codable, Equatable, Sendable {
    /// Bytes that wait for an acknowledgement now.
    public var backlogBytes: UInt64
    /// Frames that were dropped since protection began, because the bound was reached.
    public var drops: UInt64

    /// Makes a status.
    public init(backlogBytes: UInt64, drops: UInt64) {
        self.backlogBytes = backlogBytes
        self.drops = drops
    }
}

/// The memory that holds captured pages until they are sent, or received ones until they are whole.
public struct StagingStatus: Codable, Equatable, Sendable {
    /// The bound, in bytes.
    public var limitBytes: UInt64
    /// The most that was ever used, in bytes.
    public var peakBytes: UInt64

    /// Makes a status.
    public init(limitBytes: UInt64, peakBytes: UInt64) {
        self.limitBytes = limitBytes
        self.peakBytes = peakBytes
    }
}

/// A disk of a guest, as DRBD mirrors it.
public struct DiskStatus: Codable, Equatable, Sendable {
    /// The DRBD resource.
    public var resource: String
    /// Whether each write goes to both hosts; absent while DRBD was not heard.
    public var mirrored: Bool?
    /// What is wrong, in DRBD's words; absent while nothing is.
    public var trouble: String?

    /// Makes a status.
    public init(resource: String, mirrored: Bool? = nil, trouble: String? = nil) {
        self.resource = resource
        self.mirrored = mirrored
        self.trouble = trouble
    }
}
