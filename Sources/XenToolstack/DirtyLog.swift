internal import CXenCtrl
internal import Glibc
internal import SystemKit

/// Xen's log of the frames that a guest wrote since the log was last collected.
///
/// Xen logs a backend's writes when the backend lets go of the page, and logs nothing for changes of the memory map:
/// ballooning must be off while a domain is protected.
public struct DirtyLog: ~Copyable {
    /// The domain whose writes are logged.
    public let domain: DomainID
    /// How many frames the log covers: the guest's highest frame number, plus one, when it was enabled.
    public let frames: UInt64
    private let hypervisor: Hypervisor
    private let bitmap: HypercallBuffer
    private let numbers: UnsafeMutableBufferPointer<UInt64>
    private var enabled = true

    /// What one collection found.
    public struct Collection: Equatable, Sendable {
        /// Dirty frames found.
        public let count: Int
        /// Write faults that Xen took since the last collection.
        public let faults: Int
    }

    /// Turns the log on, over a log that a dead controller left on.
    ///
    /// From here on the guest's first write to each page costs it a fault, again after each collection. The first
    /// collection may miss nothing, but what was there before needs a full copy.
    ///
    /// - Parameters:
    ///   - hypervisor: The hypervisor.
    ///   - domain: The guest.
    /// - Throws: ``ToolstackError/dirtyLogRefused(_:cause:)``, or the failed call.
    public init(hypervisor: Hypervisor, domain: DomainID) throws(ToolstackError) {
        var highest: xen_pfn_t = 0
        let asked = xc_domain_nr_gpfns(hypervisor.handle, domain.rawValue, &highest)
        try checkedLibraryCall(asked, "ask for the highest frame", "xc_domain_nr_gpfns", domain)
        let frames = UInt64(highest)
        let bitmap = try HypercallBuffer(
            hypervisor: hypervisor, byteCount: FrameBitmap.words(forFrames: frames) * 8, for: domain)
        try Self.enable(hypervisor, domain)
        self.hypervisor = hypervisor
        self.domain = domain
        self.frames = frames
        self.bitmap = bitmap
        numbers = .allocate(capacity: Int(frames))
    }

    deinit {
        if enabled {
            _ = xc_shadow_control(hypervisor.handle, domain.rawValue, UInt32(XEN_DOMCTL_SHADOW_OP_OFF), nil, 0)
        }
        numbers.deallocate()
    }

    /// Fetches the log and clears it.
    ///
    /// - Parameter final: True when the guest is suspended: pages that Xen itself keeps mapped count as dirty too.
    /// - Returns: How many frames were dirty; their numbers are ``dirtyFrames``.
    /// - Throws: ``ToolstackError/dirtyLogIncomplete(_:frames:covered:)``, or the failed call.
    public mutating func collect(final: Bool) throws(ToolstackError) -> Collection {
        var faults: UInt32 = 0
        var dirty: UInt32 = 0
        let covered = rxc_dirty_log_clean(
            hypervisor.handle, domain.rawValue, bitmap.record, UInt(frames), final ? 1 : 0, &faults, &dirty)
        try checkedCall(covered, "collect the dirty log", "xc_logdirty_control", domain)
        guard UInt64(covered) == frames else {
            throw .dirtyLogIncomplete(domain, frames: frames, covered: covered)
        }
        let words = bitmap.address.assumingMemoryBound(to: UInt64.self)
        let scanned = UnsafeBufferPointer(start: words, count: FrameBitmap.words(forFrames: frames))
        found = FrameBitmap.collect(scanned, frames: frames, into: numbers)
        return Collection(count: found, faults: Int(faults))
    }

    /// How many pages the guest has written since the last collection, as far as Xen has noted; changes nothing.
    ///
    /// Xen stops the guest's processors for the moment of the question, so it is not for every millisecond.
    ///
    /// - Throws: ``ToolstackError/callFailed(action:domain:cause:)``.
    public borrowing func count() throws(ToolstackError) -> UInt64 {
        var dirty: UInt32 = 0
        let result = rxc_dirty_log_count(hypervisor.handle, domain.rawValue, &dirty)
        try checkedCall(result, "ask how much was written", "xc_logdirty_control", domain)
        return UInt64(dirty)
    }

    private var found = 0

    /// The frame numbers of the last collection, in order, until the next one.
    ///
    /// The caller may change them in place, for instance to drop the ones without memory.
    public var dirtyFrames: UnsafeMutableBufferPointer<UInt64> {
        UnsafeMutableBufferPointer(rebasing: numbers[..<found])
    }

    /// Turns the log off; the guest runs at full speed again.
    ///
    /// - Throws: ``ToolstackError/callFailed(action:domain:cause:)``.
    public consuming func disable() throws(ToolstackError) {
        enabled = false
        let off = UInt32(XEN_DOMCTL_SHADOW_OP_OFF)
        let result = xc_shadow_control(hypervisor.handle, domain.rawValue, off, nil, 0)
        try checkedLibraryCall(result, "turn the dirty log off", "xc_shadow_control", domain)
    }

    private static func enable(_ hypervisor: Hypervisor, _ domain: DomainID) throws(ToolstackError) {
        let on = UInt32(XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY)
        if xc_shadow_control(hypervisor.handle, domain.rawValue, on, nil, 0) == 0 { return }
        // Xen refuses a log that is already on: a dead controller left it, or the video memory is tracked.
        _ = xc_shadow_control(hypervisor.handle, domain.rawValue, UInt32(XEN_DOMCTL_SHADOW_OP_OFF), nil, 0)
        guard xc_shadow_control(hypervisor.handle, domain.rawValue, on, nil, 0) == 0 else {
            throw .dirtyLogRefused(domain, cause: SystemError.last("xc_shadow_control"))
        }
    }
}
