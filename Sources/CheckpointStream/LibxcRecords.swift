/// The record types of a libxc stream of version 3.
public enum LibxcRecordType: UInt32, Sendable {
    /// The end of the stream; libxc then activates the domain, so the project never sends it.
    case end = 0x00
    /// Frames and their contents.
    case pageData = 0x01
    /// PV only.
    case pvInfo = 0x02
    /// PV only.
    case pvP2MFrames = 0x03
    /// PV only.
    case pvVCPUBasic = 0x04
    /// PV only.
    case pvVCPUExtended = 0x05
    /// PV only.
    case pvVCPUXsave = 0x06
    /// PV only.
    case sharedInfo = 0x07
    /// The time stamp counter's mode and value.
    case tscInfo = 0x08
    /// The state of the vCPUs and of the devices inside Xen.
    case hvmContext = 0x09
    /// HVM parameters.
    case hvmParameters = 0x0a
    /// Deprecated.
    case toolstack = 0x0b
    /// PV only.
    case pvVCPUMSRs = 0x0c
    /// A debugging aid.
    case verify = 0x0d
    /// All records before it are one consistent state.
    case checkpoint = 0x0e
    /// COLO only.
    case checkpointDirtyFrames = 0x0f
    /// The static data is complete.
    case staticDataEnd = 0x10
    /// CPUID leaves that the domain sees.
    case cpuidPolicy = 0x11
    /// MSR values that the domain sees.
    case msrPolicy = 0x12
}

/// Sizes and limits of libxc records.
public enum LibxcRecords {
    /// Bytes of one page.
    public static let pageSize = 4096
    /// Bytes before each record's body.
    public static let recordHeaderSize = 8
    /// Bytes of the image header.
    public static let imageHeaderSize = 24
    /// Bytes of the domain header.
    public static let domainHeaderSize = 16
    /// Bytes of one CPUID leaf in a CPUID policy.
    public static let cpuidLeafSize = 24
    /// Bytes of one entry of an MSR policy.
    public static let msrEntrySize = 16
    /// The most bytes of either policy; Xen's own maximum is below 4 KiB.
    public static let maximumPolicySize = 64 * 1024
    /// The most bytes of an HVM context: 128 vCPUs with large extended states need about 3 MiB.
    public static let maximumContextSize = 8 * 1024 * 1024
    /// The most HVM parameters in one record.
    public static let maximumParameterCount = parameterIndices.count

    /// The HVM parameters that a stream carries: those libxc itself saves, and that Xen lets a restore set.
    public static let parameterIndices: [UInt64] = [1, 5, 6, 9, 12, 17, 19, 27, 28, 29, 32, 33, 34, 36, 37, 38]

    /// The bytes of a whole record with its header and padding.
    ///
    /// - Parameter body: Bytes of the body, 0 or more.
    /// - Returns: Bytes, a multiple of 8.
    public static func recordSize(body: Int) -> Int { recordHeaderSize + (body + 7) & ~7 }

    /// Bytes of the records that end a checkpoint: TSC, context and parameters.
    ///
    /// - Parameter context: Bytes of the HVM context.
    /// - Returns: Bytes, with as many parameters as there can be.
    public static func stateSize(context: Int) -> Int {
        recordSize(body: TSCInfo.size) + recordSize(body: context)
            + recordSize(body: 8 + maximumParameterCount * HVMParameter.size)
    }

    /// Bytes of a whole checkpoint of `pages` pages: what the staging must hold.
    ///
    /// - Parameters:
    ///   - pages: Pages with contents, 0 or more.
    ///   - context: Bytes of the HVM context.
    /// - Returns: Bytes.
    public static func checkpointSize(pages: Int, context: Int) -> Int {
        PageDataLayout.stagingSize(pages: pages) + stateSize(context: context)
    }

    /// Bytes of the headers and the static data that begin an image.
    ///
    /// - Parameters:
    ///   - cpuid: Bytes of the CPUID policy.
    ///   - msr: Bytes of the MSR policy.
    /// - Returns: Bytes.
    public static func prologueSize(cpuid: Int, msr: Int) -> Int {
        imageHeaderSize + domainHeaderSize + recordSize(body: cpuid) + recordSize(body: msr) + recordSize(body: 0)
    }
}

/// The time stamp counter as Xen gives and takes it.
public struct TSCInfo: Equatable, Sendable {
    /// Bytes of the record's body.
    public static let size = 24

    /// Xen's TSC mode, 0 to 2.
    public var mode: UInt32
    /// The guest's frequency in kHz.
    public var kilohertz: UInt32
    /// Guest time in nanoseconds.
    public var nanoseconds: UInt64
    /// How often the domain was restored.
    public var incarnation: UInt32

    /// Makes the state of a time stamp counter.
    public init(mode: UInt32, kilohertz: UInt32, nanoseconds: UInt64, incarnation: UInt32) {
        self.mode = mode
        self.kilohertz = kilohertz
        self.nanoseconds = nanoseconds
        self.incarnation = incarnation
    }
}

/// One HVM parameter.
public struct HVMParameter: Equatable, Sendable {
    /// Bytes in the record.
    public static let size = 16

    /// Xen's number of the parameter, one of ``LibxcRecords/parameterIndices``.
    public var index: UInt64
    /// Its value; a parameter that is 0 is left out of a stream.
    public var value: UInt64

    /// Makes a parameter.
    public init(index: UInt64, value: UInt64) {
        self.index = index
        self.value = value
    }
}
