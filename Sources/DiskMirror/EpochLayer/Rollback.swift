internal import Glibc
internal import SystemKit

/// A journal that was read and found whole: what a disk must be written back to before anything uses it.
public struct Rollback: ~Copyable, Sendable {
    /// What the journal is for.
    public let header: UndoJournalHeader
    /// The parts that are written back, by their position.
    public let runs: [UndoRun]
    private let folder: String
    private let path: String
    private let file: FileDescriptor

    /// Opens a resource's journal and checks all of it.
    ///
    /// - Parameters:
    ///   - resource: The DRBD resource.
    ///   - folder: Where journals are kept.
    /// - Returns: The journal, or `nil` when there is none.
    /// - Throws: ``EpochLayerError/journalUnusable(path:fault:)``, or the error of a call.
    public static func pending(of resource: String, in folder: String) throws(EpochLayerError) -> Rollback? {
        let path = UndoJournal.path(of: resource, in: folder)
        if access(path, F_OK) < 0, errno == ENOENT { return nil }
        let file = try FileDescriptor.opened(path, O_RDONLY)
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: UndoJournal.pieceBytes, alignment: 4096)
        defer { room.deallocate() }
        let header = try checkedHeader(file, path, resource: resource, room)
        let runs = try checkedRuns(header, file, path, room)
        return Rollback(header: header, runs: runs, folder: folder, path: path, file: file)
    }

    private init(
        header: UndoJournalHeader, runs: [UndoRun], folder: String, path: String, file: consuming FileDescriptor
    ) {
        self.header = header
        self.runs = runs
        self.folder = folder
        self.path = path
        self.file = file
    }

    static func checkedHeader(
        _ file: borrowing FileDescriptor, _ path: String, resource: String, _ room: UnsafeMutableRawBufferPointer
    ) throws(EpochLayerError) -> UndoJournalHeader {
        let fileBytes = try file.size(of: path)
        guard fileBytes >= UInt64(UndoJournalHeader.bytes) else {
            throw .journalUnusable(path: path, fault: .wrongLength)
        }
        let first = UnsafeMutableRawBufferPointer(rebasing: room[..<UndoJournalHeader.bytes])
        try file.readAll(first, at: 0, of: path)
        do throws(UndoJournalFault) {
            let header = try UndoJournalHeader(UnsafeRawBufferPointer(first).bytes)
            guard header.fileBytes == fileBytes else { throw .wrongLength }
            guard header.resource == resource else { throw .otherResource(header.resource) }
            return header
        } catch {
            throw .journalUnusable(path: path, fault: error)
        }
    }

    /// Reads everything behind the header: the table is kept, and all of it must have the checksum.
    private static func checkedRuns(
        _ header: UndoJournalHeader, _ file: borrowing FileDescriptor, _ path: String,
        _ room: UnsafeMutableRawBufferPointer
    ) throws(EpochLayerError) -> [UndoRun] {
        var checksum = Checksum()
        var numbers: [UInt64] = []
        var position = UInt64(UndoJournalHeader.bytes)
        let dataStart = position + header.runCount * UndoJournalHeader.runBytes
        while position < header.fileBytes {
            let end = position < dataStart ? dataStart : header.fileBytes
            let piece = UnsafeMutableRawBufferPointer(rebasing: room[..<Int(min(end - position, UInt64(room.count)))])
            try file.readAll(piece, at: position, of: path)
            checksum.update(UnsafeRawBufferPointer(piece))
            if position < dataStart {
                for offset in stride(from: 0, to: piece.count, by: 8) {
                    numbers.append(UInt64(littleEndian: piece.load(fromByteOffset: offset, as: UInt64.self)))
                }
            }
            position += UInt64(piece.count)
        }
        guard checksum.value == header.bodyChecksum else { throw .journalUnusable(path: path, fault: .damaged) }
        var runs: [UndoRun] = []
        var free: UInt64 = 0
        var total: UInt64 = 0
        for index in stride(from: 0, to: numbers.count, by: 2) {
            let run = UndoRun(offset: numbers[index], bytes: numbers[index + 1])
            guard run.bytes > 0, run.offset >= free, run.offset <= header.diskBytes,
                run.bytes <= header.diskBytes - run.offset
            else { throw .journalUnusable(path: path, fault: .badRuns) }
            free = run.offset + run.bytes
            total += run.bytes
            runs.append(run)
        }
        guard total == header.dataBytes else { throw .journalUnusable(path: path, fault: .badRuns) }
        return runs
    }

    /// Writes the old content back, brings it to the medium, and deletes the journal (safety rule 3).
    ///
    /// After an error or a crash the journal is still there, and applying it from the start is right. The device may be
    /// smaller than the disk that the log was of, by less than what the last chunk reaches over its end.
    ///
    /// - Parameters:
    ///   - device: The node of the DRBD device, which must be primary here and unused.
    ///   - identifiers: Those of the data now; the journal must be marked with them (``UndoJournal/begin(of:in:as:)``).
    ///   - onPiece: Told after each piece that was written, but before the last is on the medium.
    /// - Throws: ``EpochLayerError``; the journal is kept then.
    public consuming func apply(
        to device: String, as identifiers: MirrorIdentifiers, onPiece: () -> Void = {}
    ) throws(EpochLayerError) {
        guard let mark = header.mark, mark == UndoMark(identifiers) else {
            throw .journalUnusable(path: path, fault: .otherData)
        }
        // On a block device this fails when it is mounted or otherwise claimed; on a file it means nothing.
        let target = try FileDescriptor.opened(device, O_RDWR | O_EXCL)
        let deviceBytes = try target.size(of: device)
        if let last = runs.last, last.offset >= deviceBytes {
            throw .journalUnusable(path: path, fault: .deviceTooSmall(deviceBytes: deviceBytes))
        }
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: UndoJournal.pieceBytes, alignment: 4096)
        defer { room.deallocate() }
        var position = UInt64(UndoJournalHeader.bytes) + header.runCount * UndoJournalHeader.runBytes
        for run in runs {
            var done: UInt64 = 0
            while done < run.bytes {
                let piece = UnsafeMutableRawBufferPointer(
                    rebasing: room[..<Int(min(run.bytes - done, UInt64(room.count)))])
                try file.readAll(piece, at: position + done, of: path)
                let offset = run.offset + done
                let count = Int(min(UInt64(piece.count), deviceBytes - min(offset, deviceBytes)))
                try target.writeAll(UnsafeRawBufferPointer(rebasing: piece[..<count]), at: offset, of: device)
                onPiece()
                done += UInt64(piece.count)
            }
            position += run.bytes
        }
        try target.synchronize(device)
        // The guest's writes do not pass through this cache, which must not show old content to the next reader.
        _ = posix_fadvise(target.number, 0, 0, POSIX_FADV_DONTNEED)
        try UndoJournal.remove(of: header.resource, in: folder)
    }
}
