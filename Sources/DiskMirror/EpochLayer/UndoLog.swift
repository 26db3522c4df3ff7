/// Reads the entries of an undo log out of raw bytes, area by area; it does no I/O, and trusts nothing that it reads.
public struct UndoLog: Equatable, Sendable {
    /// A chunk of the disk whose old content was saved.
    public struct SavedChunk: Equatable, Sendable {
        /// Which chunk of the disk.
        public let chunk: UInt64
        /// Where the old content is, in bytes from the start of the store.
        public let storeOffset: UInt64
    }

    /// How the log is laid out.
    public let layout: UndoLogLayout
    /// The chunks that were saved, in the order of the log.
    public private(set) var saved: [SavedChunk] = []
    /// The area that is to be read next.
    private(set) var area: UInt64 = 0

    /// Begins with nothing read.
    public init(layout: UndoLogLayout) { self.layout = layout }

    /// Where the next bytes to read are, in bytes from the start of the store.
    public var nextAreaOffset: UInt64 { layout.areaChunk(area) * layout.chunkBytes }

    /// Checks the header.
    ///
    /// - Parameter bytes: The first bytes of the store, 16 or more.
    /// - Throws: ``UndoLogFault``, with ``UndoLogFault/invalid`` when the log is of no use any more.
    public func checkHeader(_ bytes: RawSpan) throws(UndoLogFault) {
        guard bytes.byteCount >= UndoLogLayout.headerBytes else { throw .short }
        guard Self.number32(bytes, 0) == UndoLogLayout.magic else { throw .noHeader }
        // Before the rest: the kernel writes a header anew when it gives a log up.
        guard Self.number32(bytes, 4) != 0 else { throw .invalid }
        let version = Self.number32(bytes, 8)
        guard version == UndoLogLayout.version else { throw .version(version) }
        let sectors = Self.number32(bytes, 12)
        guard sectors == layout.chunkSectors else { throw .chunkSize(sectors: sectors) }
    }

    /// Reads the area at ``nextAreaOffset``.
    ///
    /// - Parameter bytes: The whole area, a chunk long.
    /// - Returns: Whether the area is full and there is another one to read.
    /// - Throws: ``UndoLogFault``.
    public mutating func readArea(_ bytes: RawSpan) throws(UndoLogFault) -> Bool {
        guard UInt64(bytes.byteCount) >= layout.chunkBytes else { throw .short }
        for index in 0..<layout.entriesPerArea {
            let place = Self.number64(bytes, index * 16 + 8)
            // Chunk 0 has the header, so no data is there: the end of the entries.
            if place == 0 { return false }
            let chunk = Self.number64(bytes, index * 16)
            guard layout.canHoldData(place) else { throw .misplacedData(place) }
            guard chunk < layout.diskChunks else { throw .chunkBeyondDisk(chunk) }
            saved.append(SavedChunk(chunk: chunk, storeOffset: place * layout.chunkBytes))
        }
        area += 1
        // The kernel clears the next area before it fills one, so a full area without a next one is nonsense.
        guard layout.areaChunk(area) < layout.storeChunks else { throw .endless }
        return true
    }

    /// What was saved, in the order of the disk.
    ///
    /// - Returns: The chunks by their position.
    /// - Throws: ``UndoLogFault/repeated(chunk:)`` when two entries contradict each other.
    public func inOrder() throws(UndoLogFault) -> [SavedChunk] {
        let places = saved.sorted { $0.storeOffset < $1.storeOffset }
        for (left, right) in zip(places, places.dropFirst()) where left.storeOffset == right.storeOffset {
            throw .repeated(chunk: right.chunk)
        }
        let sorted = saved.sorted { $0.chunk < $1.chunk }
        for (left, right) in zip(sorted, sorted.dropFirst()) where left.chunk == right.chunk {
            throw .repeated(chunk: left.chunk)
        }
        return sorted
    }

    /// The runs of the disk that chunks in order cover, cut off at its end.
    ///
    /// - Parameter chunks: The chunks by their position, none twice.
    /// - Returns: The runs, apart from each other, by their position.
    public func runs(of chunks: [SavedChunk]) -> [UndoRun] {
        var runs: [UndoRun] = []
        for chunk in chunks {
            let offset = chunk.chunk * layout.chunkBytes
            let bytes = min(layout.chunkBytes, layout.diskBytes - offset)
            if let last = runs.last, last.offset + last.bytes == offset {
                runs[runs.count - 1] = UndoRun(offset: last.offset, bytes: last.bytes + bytes)
            } else {
                runs.append(UndoRun(offset: offset, bytes: bytes))
            }
        }
        return runs
    }

    private static func number32(_ bytes: RawSpan, _ offset: Int) -> UInt32 {
        UInt32(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    private static func number64(_ bytes: RawSpan, _ offset: Int) -> UInt64 {
        UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}
