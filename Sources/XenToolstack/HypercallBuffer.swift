internal import CXenCtrl

/// Memory that Xen may write to, allocated once, used for many hypercalls and freed once.
struct HypercallBuffer: ~Copyable {
    /// The library's record of it, for the calls.
    let record: UnsafeMutablePointer<rxc_buffer>
    private let hypervisor: Hypervisor

    /// Allocates zeroed memory.
    ///
    /// - Parameters:
    ///   - hypervisor: The handle that frees it.
    ///   - byteCount: At least this much; rounded up to whole pages.
    ///   - domain: For the error's text.
    /// - Throws: ``ToolstackError/callFailed(action:domain:cause:)``.
    init(hypervisor: Hypervisor, byteCount: Int, for domain: DomainID) throws(ToolstackError) {
        let record = UnsafeMutablePointer<rxc_buffer>.allocate(capacity: 1)
        record.initialize(to: rxc_buffer())
        let result = rxc_buffer_allocate(hypervisor.handle, record, Int32((byteCount + 4095) / 4096))
        do throws(ToolstackError) {
            try checkedCall(result, "allocate a hypercall buffer", "xc_hypercall_buffer_alloc_pages", domain)
        } catch {
            record.deallocate()
            throw error
        }
        self.record = record
        self.hypervisor = hypervisor
    }

    /// The memory.
    var address: UnsafeMutableRawPointer { rxc_buffer_address(record) }

    deinit {
        rxc_buffer_free(hypervisor.handle, record)
        record.deallocate()
    }
}
