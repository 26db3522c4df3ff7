internal import CXenCtrl
internal import SystemKit

/// Address space for all frames of a guest, in which runs of them are mapped read-only.
struct ForeignMapping: ~Copyable {
    /// Frames a mapping call: 64 MiB, so that a large guest needs few kernel areas.
    static let framesPerCall = 16384

    private let domain: DomainID
    private let frames: UInt64
    private let foreign: OpaquePointer
    private let base: UnsafeMutableRawPointer
    // The arrays that a mapping call needs, allocated once.
    private let numbers = UnsafeMutablePointer<xen_pfn_t>.allocate(capacity: framesPerCall)
    private let errors = UnsafeMutablePointer<Int32>.allocate(capacity: framesPerCall)

    /// Reserves the address space; nothing is mapped yet.
    ///
    /// - Parameters:
    ///   - domain: The guest.
    ///   - frames: One more than its highest frame number.
    /// - Throws: ``ToolstackError/callFailed(action:domain:cause:)``.
    init(domain: DomainID, frames: UInt64) throws(ToolstackError) {
        guard let foreign = xenforeignmemory_open(nil, 0) else {
            throw .callFailed(
                action: "open foreign memory", domain: domain, cause: SystemError.last("xenforeignmemory_open"))
        }
        var base: UnsafeMutableRawPointer?
        let result = rxc_reserve_address_space(Int(frames) * GuestMemory.pageSize, &base)
        guard result == 0, let base else {
            xenforeignmemory_close(foreign)
            let cause = SystemError(code: -result, call: "mmap")
            throw .callFailed(action: "reserve address space for the memory", domain: domain, cause: cause)
        }
        self.domain = domain
        self.frames = frames
        self.foreign = foreign
        self.base = base
    }

    deinit {
        rxc_release_address_space(base, Int(frames) * GuestMemory.pageSize)
        xenforeignmemory_close(foreign)
        numbers.deallocate()
        errors.deallocate()
    }

    /// Where a frame's 4096 bytes are, once it is mapped.
    func address(of frame: UInt64) -> UnsafeMutableRawPointer { base + Int(frame) * GuestMemory.pageSize }

    /// Maps consecutive frames.
    ///
    /// - Parameter run: At most ``framesPerCall`` frames, all with contents.
    /// - Throws: ``ToolstackError/frameNotMapped(_:frame:cause:)``; none of the run is mapped then.
    borrowing func map(_ run: Range<UInt64>) throws(ToolstackError) {
        let first = run.lowerBound
        let result = rxc_map_frames(foreign, domain.rawValue, address(of: first), first, run.count, numbers, errors)
        guard result == 0 else {
            let cause = SystemError(code: -result, call: "xenforeignmemory_map2")
            throw .frameNotMapped(domain, frame: first, cause: cause)
        }
    }
}
