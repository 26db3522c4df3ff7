internal import Glibc

/// What a page trace says about a guest, before any encoding: a bound for what encodings can gain.
public struct PageTraceSummary: Equatable, Sendable {
    /// Checkpoints in the trace.
    public private(set) var checkpoints = 0
    /// Pages of all checkpoints.
    public private(set) var pages = 0
    /// The most pages of one checkpoint.
    public private(set) var mostPages = 0
    /// Pages of zeros.
    public private(set) var zeroPages = 0
    /// Pages with the same bytes as the version before, which was written anew all the same.
    public private(set) var unchangedPages = 0
    /// Pages whose version before is in the trace.
    public private(set) var knownPages = 0
    /// Words of 8 bytes that differ from the version before, over the known pages that are not of zeros.
    public private(set) var changedWords = 0
    /// From the first checkpoint to the last, in nanoseconds.
    public private(set) var nanoseconds: UInt64 = 0

    /// Reads all of a trace.
    ///
    /// - Parameter trace: The trace.
    public init(_ trace: borrowing PageTraceReader) {
        var versions: [UInt64: UnsafeRawPointer] = [:]
        var first: UInt64?
        for index in 0..<trace.count {
            let section = trace.section(index)
            if section.kind == .checkpoint {
                checkpoints += 1
                mostPages = max(mostPages, section.frames.count)
                nanoseconds = section.nanoseconds - (first ?? section.nanoseconds)
                first = first ?? section.nanoseconds
            }
            guard var page = section.pages.baseAddress else { continue }
            for frame in section.frames {
                if section.kind == .checkpoint { add(page, before: versions[frame]) }
                versions[frame] = page
                page += PageTraceFormat.pageSize
            }
        }
    }

    private mutating func add(_ page: UnsafeRawPointer, before: UnsafeRawPointer?) {
        pages += 1
        let words = page.assumingMemoryBound(to: UInt64.self)
        let count = PageTraceFormat.pageSize / 8
        let isZero = (0..<count).allSatisfy { words[$0] == 0 }
        if isZero { zeroPages += 1 }
        guard let before else { return }
        knownPages += 1
        if memcmp(page, before, PageTraceFormat.pageSize) == 0 {
            unchangedPages += 1
        } else if !isZero {
            let old = before.assumingMemoryBound(to: UInt64.self)
            for index in 0..<count where words[index] != old[index] { changedWords += 1 }
        }
    }
}
