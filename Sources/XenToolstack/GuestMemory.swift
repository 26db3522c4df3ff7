internal import CXenCtrl
internal import SystemKit

/// A guest's memory, mapped read-only once, so that an epoch copies pages without a system call.
///
/// Frame numbers are addresses: the whole guest lies in one reservation of address space, with holes where it has no
/// memory. Valid while ballooning is off. The mapping keeps a destroyed domain's memory, so let go of it then.
public struct GuestMemory: ~Copyable {
    /// The bytes of one frame.
    public static let pageSize = 4096

    /// The domain whose memory it is.
    public let domain: DomainID
    /// One more than the highest frame number.
    public let frames: UInt64
    /// How many frames have contents to send.
    public private(set) var populatedCount: Int
    private let hypervisor: Hypervisor
    private let mapping: ForeignMapping
    private let populated: UnsafeMutableBufferPointer<UInt64>
    private let types: HypercallBuffer

    /// Xen answers for at most this many frames a call.
    private static let typesPerCall: UInt64 = 1024

    /// Maps all of a guest's memory; takes some milliseconds a GiB, while the guest runs.
    ///
    /// - Parameters:
    ///   - hypervisor: The hypervisor.
    ///   - domain: A PVH or HVM guest.
    /// - Throws: ``ToolstackError/notHVMContainer(_:)``, ``ToolstackError/frameNotMapped(_:frame:cause:)``, or the
    ///   failed call.
    public init(hypervisor: Hypervisor, domain: DomainID) throws(ToolstackError) {
        let information = try hypervisor.domain(domain)
        guard information.isHVMContainer else { throw .notHVMContainer(domain) }
        let frames = information.highestFrame
        let types = try HypercallBuffer(
            hypervisor: hypervisor, byteCount: Int(Self.typesPerCall) * MemoryLayout<xen_pfn_t>.stride, for: domain)
        let mapping = try ForeignMapping(domain: domain, frames: frames)
        var memory = GuestMemory(
            hypervisor: hypervisor, domain: domain, frames: frames, mapping: mapping, types: types)
        try memory.mapAll()
        self = memory
    }

    private init(
        hypervisor: Hypervisor, domain: DomainID, frames: UInt64, mapping: consuming ForeignMapping,
        types: consuming HypercallBuffer
    ) {
        let populated = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: FrameBitmap.words(forFrames: frames))
        populated.initialize(repeating: 0)
        self.hypervisor = hypervisor
        self.domain = domain
        self.frames = frames
        self.mapping = mapping
        self.populated = populated
        self.types = types
        populatedCount = 0
    }

    deinit { populated.deallocate() }

    /// Whether a frame has contents to send.
    ///
    /// - Parameter frame: Any number.
    /// - Returns: False for a hole, a page of Xen's own, and every number past the end.
    public borrowing func isPopulated(_ frame: UInt64) -> Bool {
        frame < frames && populated[Int(frame / 64)] & (1 << (frame % 64)) != 0
    }

    /// Looks again at a frame that had no contents, and maps it if it has some now.
    ///
    /// - Parameter frame: A dirty frame below ``frames``.
    /// - Returns: Whether it has contents.
    /// - Throws: ``ToolstackError/frameNotMapped(_:frame:cause:)``, or the failed call.
    public mutating func remap(_ frame: UInt64) throws(ToolstackError) -> Bool {
        if isPopulated(frame) { return true }
        guard frame < frames else { return false }
        let found = try readTypes(from: frame, count: 1)
        guard rxc_frame_has_contents(found[0]) != 0 else { return false }
        try mapRun(frame..<(frame + 1))
        return true
    }

    /// Keeps the frames that have contents, in place and in order; new ones are mapped.
    ///
    /// - Parameter dirty: Frame numbers; the kept ones are moved to the front.
    /// - Returns: How many were kept.
    /// - Throws: As ``remap(_:)``.
    public mutating func keepPopulated(_ dirty: UnsafeMutableBufferPointer<UInt64>) throws(ToolstackError) -> Int {
        var kept = 0
        for frame in dirty where try remap(frame) {
            dirty[kept] = frame
            kept += 1
        }
        return kept
    }

    /// Writes the numbers of the frames that have contents, from one on: for the first, full copy.
    ///
    /// - Parameters:
    ///   - first: Where to begin; pass the last number written, plus one, to go on.
    ///   - output: Where they go.
    /// - Returns: How many were written; less than `output` holds when there are no more.
    public borrowing func populatedFrames(
        from first: UInt64, into output: UnsafeMutableBufferPointer<UInt64>
    ) -> Int {
        var count = 0
        var frame = first
        while frame < frames, count < output.count {
            let word = populated[Int(frame / 64)] >> (frame % 64)
            if word == 0 {
                frame = (frame / 64 + 1) * 64
            } else {
                frame += UInt64(word.trailingZeroBitCount)
                output[count] = frame
                count += 1
                frame += 1
            }
        }
        return count
    }

    /// Gives a team pages to copy one after the other; they are copied with ``PageCopyTeam/copyAll()``.
    ///
    /// - Parameters:
    ///   - numbers: Populated frames; they stay until then.
    ///   - destination: Room for 4096 bytes a frame.
    ///   - team: Who copies.
    public borrowing func assignCopy(
        of numbers: UnsafeBufferPointer<UInt64>, to destination: UnsafeMutableRawPointer,
        _ team: borrowing PageCopyTeam
    ) {
        for frame in numbers { precondition(isPopulated(frame), "the frame has no contents") }
        team.assign(
            PageCopyWork.Pages(
                numbers: numbers, base: UnsafeRawPointer(mapping.address(of: 0)), destination: destination))
    }

    private mutating func mapAll() throws(ToolstackError) {
        var first: UInt64 = 0
        var run: Range<UInt64> = 0..<0
        while first < frames {
            let count = min(Self.typesPerCall, frames - first)
            let found = try readTypes(from: first, count: count)
            for index in 0..<Int(count) where rxc_frame_has_contents(found[index]) != 0 {
                let frame = first + UInt64(index)
                if run.upperBound == frame, run.count < ForeignMapping.framesPerCall {
                    run = run.lowerBound..<(frame + 1)
                } else {
                    try mapRun(run)
                    run = frame..<(frame + 1)
                }
            }
            first += count
        }
        try mapRun(run)
    }

    /// The types of consecutive frames, in the hypercall buffer until the next call.
    private mutating func readTypes(
        from first: UInt64, count: UInt64
    ) throws(ToolstackError) -> UnsafeMutablePointer<UInt64> {
        let list = types.address.assumingMemoryBound(to: UInt64.self)
        for index in 0..<Int(count) { list[index] = first + UInt64(index) }
        let result = rxc_frame_types(hypervisor.handle, domain.rawValue, UInt32(count), types.record)
        try checkedCall(result, "read the frame types", "XEN_DOMCTL_getpageframeinfo3", domain)
        return list
    }

    private mutating func mapRun(_ run: Range<UInt64>) throws(ToolstackError) {
        guard !run.isEmpty else { return }
        try mapping.map(run)
        for frame in run { populated[Int(frame / 64)] |= 1 << (frame % 64) }
        populatedCount += run.count
    }

}
