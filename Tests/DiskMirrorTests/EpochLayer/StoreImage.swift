@testable import DiskMirror

/// The bytes of an exception store, as the kernel writes them.
struct StoreImage {
    let layout: UndoLogLayout
    var bytes: [UInt8]
    private var next: UInt64 = 2
    private var entries = 0

    init(layout: UndoLogLayout) {
        self.layout = layout
        bytes = [UInt8](repeating: 0, count: Int(layout.storeBytes))
        for (index, number) in [0x7041_6e53, 1, 1, layout.chunkSectors].enumerated() { put(number, at: index * 4) }
    }

    mutating func put(_ number: some FixedWidthInteger, at offset: Int) {
        withUnsafeBytes(of: number.littleEndian) { raw in
            for (index, byte) in raw.enumerated() { bytes[offset + index] = byte }
        }
    }

    /// Where an entry is.
    func entryOffset(_ index: Int) -> Int {
        let perArea = Int(layout.chunkBytes) / 16
        return (1 + index / perArea * (perArea + 1)) * Int(layout.chunkBytes) + index % perArea * 16
    }

    /// Saves a chunk, filled with one byte.
    mutating func save(chunk: UInt64, as content: UInt8) {
        let perArea = layout.chunkBytes / 16
        if (next - 1) % (perArea + 1) == 0 { next += 1 }
        put(chunk, at: entryOffset(entries))
        put(next, at: entryOffset(entries) + 8)
        let start = Int(next * layout.chunkBytes)
        for offset in start..<start + Int(layout.chunkBytes) { bytes[offset] = content }
        next += 1
        entries += 1
    }

    /// Reads all of it, as the layer does.
    func log() throws(UndoLogFault) -> UndoLog {
        var log = UndoLog(layout: layout)
        try log.checkHeader(bytes.span.bytes.extracting(0..<16))
        while true {
            let start = Int(log.nextAreaOffset)
            let area = bytes.span.bytes.extracting(start..<min(start + Int(layout.chunkBytes), bytes.count))
            if try !log.readArea(area) { return log }
        }
    }
}
