/// What a verified checkpoint or image holds.
public struct VerifiedRecords: Equatable, Sendable {
    /// Records.
    public let records: Int
    /// Pages with contents.
    public let pages: UInt64
    /// Bytes.
    public let bytes: UInt64
}

/// Checks the records of one checkpoint before libxc on the backup may see any of them.
///
/// A checkpoint is PAGE_DATA in any number, then TSC_INFO, HVM_CONTEXT and HVM_PARAMS once each, in this order, and
/// nothing else: the CHECKPOINT that makes it count is written by the backup. libxc finds a malformed record only
/// while it replays, with the replica half overwritten, and the replica is then lost (safety rule 4).
public struct RecordVerifier: Sendable {
    private var scanner: RecordScanner

    /// Begins a checkpoint that comes in pieces.
    ///
    /// - Parameters:
    ///   - frameLimit: One more than the highest frame number of the domain.
    ///   - byteLimit: The most bytes of the checkpoint.
    public init(frameLimit: UInt64, byteLimit: UInt64) {
        scanner = RecordScanner(.checkpoint, frameLimit: frameLimit, byteLimit: byteLimit)
    }

    /// Checks the next piece.
    ///
    /// - Parameter bytes: Of any size; records may be split anywhere.
    /// - Throws: ``StreamError/record(number:offset:fault:)``, and again at each later call.
    public mutating func feed(_ bytes: UnsafeRawBufferPointer) throws(StreamError) { try scanner.feed(bytes) }

    /// Checks that the checkpoint is complete.
    ///
    /// - Parameter pages: The number of pages that was announced.
    /// - Returns: What it holds.
    /// - Throws: ``StreamError/record(number:offset:fault:)``.
    public func finish(pages: UInt64) throws(StreamError) -> VerifiedRecords {
        try scanner.finish()
        guard scanner.pages == pages else {
            throw .record(
                number: scanner.records, offset: scanner.offset,
                fault: .pageCount(actual: scanner.pages, announced: pages))
        }
        return VerifiedRecords(records: scanner.records, pages: scanner.pages, bytes: scanner.offset)
    }

    /// Checks a checkpoint that lies in memory as a whole.
    ///
    /// - Parameters:
    ///   - bytes: The whole checkpoint.
    ///   - frameLimit: One more than the highest frame number of the domain.
    ///   - pages: The number of pages that was announced.
    /// - Returns: What it holds.
    /// - Throws: ``StreamError/record(number:offset:fault:)``.
    public static func verify(
        _ bytes: UnsafeRawBufferPointer, frameLimit: UInt64, pages: UInt64
    ) throws(StreamError) -> VerifiedRecords {
        var verifier = RecordVerifier(frameLimit: frameLimit, byteLimit: UInt64(bytes.count))
        try verifier.feed(bytes)
        return try verifier.finish(pages: pages)
    }
}
