// Puts PAGE_DATA records together again from the encoded pages that come in.

public import CheckpointStream
internal import PageEncoding

/// Makes of batches of encoded pages the PAGE_DATA records that the primary captured, byte by byte, in staging.
///
/// What comes out is verified and handed on as if it had been sent as it is. What goes in is vouched for by nobody: a
/// batch is decoded only when its pages are within what was announced and within the room that is left (safety rule 6).
public struct PageRecordAssembly {
    private let intake: PageIntake?
    /// Pages that may still begin.
    private var announced: UInt64
    /// The record that has begun, until it is complete.
    private var open: (layout: PageDataLayout, filled: Int)?
    private var isOver = false

    /// Begins an image or a checkpoint.
    ///
    /// - Parameters:
    ///   - intake: The caches; `nil` where no encoding was agreed on, and no pages may come.
    ///   - pages: The pages that were announced.
    public init(_ intake: PageIntake?, announced pages: UInt64) {
        self.intake = intake
        announced = pages
    }

    /// Decodes some pages to their place.
    ///
    /// - Parameters:
    ///   - payload: The payload of a frame of pages.
    ///   - room: The free part of the staging, from the first byte of the record, which is at a multiple of 8.
    /// - Returns: The bytes of the record when these pages completed it, otherwise `nil`.
    /// - Throws: ``PagesFault``; after that the session must be given up.
    public mutating func add(
        _ payload: UnsafeRawBufferPointer, to room: UnsafeMutableRawBufferPointer
    ) throws(PagesFault) -> Int? {
        guard let intake else { throw .notAgreed }
        guard !isOver else { throw .tooLate }
        let header: PagesHeader
        do throws(StreamError) { header = try PagesHeader(reading: payload) } catch { throw .header(error) }
        let batch = try intake.batch(header, UnsafeRawBufferPointer(rebasing: payload[PagesHeader.size...]))
        let count: Int
        do throws(PageEncodingError) { count = try EncodedBatch.pages(in: batch) } catch {
            throw .batch(error.description)
        }
        let (layout, filled) = try place(header, count, room)
        let list = UnsafeMutableRawBufferPointer(
            rebasing: room[layout.frameOffset(filled)..<layout.frameOffset(filled + count)])
        let contents = UnsafeMutableRawBufferPointer(
            rebasing: room[layout.pageOffset(filled)..<layout.pageOffset(filled + count)])
        do throws(PageEncodingError) { try intake.decode(batch, frames: list, contents: contents) } catch {
            throw .batch(error.description)
        }
        guard filled + count == layout.count else {
            open = (layout, filled + count)
            return nil
        }
        open = nil
        return layout.size
    }

    /// Checks that no record is open, before bytes that follow records.
    ///
    /// - Throws: ``PagesFault/incomplete(pages:of:)``.
    public func demandWholeRecords() throws(PagesFault) {
        if let open { throw .incomplete(pages: open.filled, of: open.layout.count) }
    }

    /// The pages are over: what follows in a checkpoint is not at a known place any more.
    ///
    /// - Throws: ``PagesFault/incomplete(pages:of:)``.
    public mutating func finishPages() throws(PagesFault) {
        try demandWholeRecords()
        isOver = true
    }

    /// Where a batch belongs, which begins a record or goes on with the one that is open.
    private mutating func place(
        _ header: PagesHeader, _ count: Int, _ room: UnsafeMutableRawBufferPointer
    ) throws(PagesFault) -> (PageDataLayout, filled: Int) {
        let filled = open?.filled ?? 0
        let pages = open?.layout.count ?? header.recordPages
        guard header.recordPages == pages, header.position == filled, filled + count <= pages else {
            throw .outOfPlace(position: header.position, pages: count, of: header.recordPages)
        }
        if let open { return open }
        guard UInt64(pages) <= announced else { throw .tooMany(pages: pages, announced: announced) }
        let layout = PageDataLayout(count: pages)
        guard layout.size <= room.count, let start = room.baseAddress else {
            throw .noRoom(needed: layout.size, available: room.count)
        }
        announced -= UInt64(pages)
        layout.writeHeader(at: start)
        return (layout, 0)
    }
}

/// Why encoded pages cannot become records: each is a defect of the sender or of the way.
public enum PagesFault: Error, Equatable, Sendable {
    /// Pages came encoded or packed, and that was not agreed on.
    case notAgreed
    /// Pages came after the records that follow the pages.
    case tooLate
    /// The header before the batch is not valid.
    case header(StreamError)
    /// The batch itself is not valid, in the words of its decoder.
    case batch(String)
    /// The pages do not continue the record that is open, or begin one in its middle.
    case outOfPlace(position: Int, pages: Int, of: Int)
    /// The record has more pages than are still to come.
    case tooMany(pages: Int, announced: UInt64)
    /// The record is larger than what is left of the room.
    case noRoom(needed: Int, available: Int)
    /// A record was not completed.
    case incomplete(pages: Int, of: Int)
}

extension PagesFault: CustomStringConvertible {
    /// A sentence for the log.
    public var description: String {
        switch self {
        case .notAgreed: "encoded or packed pages came where that was not agreed on"
        case .tooLate: "encoded pages came after the state that follows them"
        case .header(let error): error.description
        case .batch(let text): text
        case .outOfPlace(let position, let pages, let all):
            "\(pages) pages from place \(position) of a record of \(all) came where others were expected"
        case .tooMany(let pages, let announced):
            "a record of \(pages) pages came where \(announced) pages were still announced"
        case .noRoom(let needed, let available):
            "a record of \(needed) bytes came where \(available) bytes were still announced"
        case .incomplete(let pages, let all): "a record of \(all) pages ended after \(pages)"
        }
    }
}
