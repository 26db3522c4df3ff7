/// Checks the initial image while it goes through to libxc, in pieces of any size and with bounded memory.
///
/// An image is the image header, the domain header, CPUID_POLICY, MSR_POLICY, STATIC_DATA_END, and then PAGE_DATA in any
/// number. The vCPUs' state is not part of it: the first checkpoint brings it. Both policies must be there, or else
/// libxl would make its own, and the guest would see another processor after a failover.
public struct ImageVerifier: Sendable {
    private var scanner: RecordScanner

    /// Begins an image.
    ///
    /// - Parameter frameLimit: One more than the highest frame number of the domain.
    public init(frameLimit: UInt64) { scanner = RecordScanner(.image, frameLimit: frameLimit, byteLimit: .max) }

    /// Checks the next piece; only after that may it be handed on.
    ///
    /// - Parameter bytes: Of any size; records may be split anywhere.
    /// - Throws: ``StreamError/record(number:offset:fault:)``, and again at each later call.
    public mutating func feed(_ bytes: UnsafeRawBufferPointer) throws(StreamError) { try scanner.feed(bytes) }

    /// Checks that the image ends between two records, and that its static data is complete.
    ///
    /// - Returns: What it holds.
    /// - Throws: ``StreamError/record(number:offset:fault:)``.
    public func finish() throws(StreamError) -> VerifiedRecords {
        try scanner.finish()
        return VerifiedRecords(records: scanner.records, pages: scanner.pages, bytes: scanner.offset)
    }
}
