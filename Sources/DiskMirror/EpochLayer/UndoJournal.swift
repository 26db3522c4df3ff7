internal import Glibc
internal import SystemKit

/// The undo log of one disk as a file that survives a crash of the host, until it is applied.
///
/// It is written under another name, brought to the medium and renamed, so that it is there whole or not at all; should a
/// disk lie about that, its checksums tell. Applying it again does no harm, as long as nothing else wrote to the disk.
public enum UndoJournal {
    /// The data of this many bytes are in memory at a time.
    static let pieceBytes = 1 << 20
    private static let suffix = ".undo"

    /// The file of a resource's journal.
    ///
    /// - Parameters:
    ///   - resource: The DRBD resource.
    ///   - folder: Where journals are kept.
    /// - Returns: The path.
    public static func path(of resource: String, in folder: String) -> String { "\(folder)/\(resource)\(suffix)" }

    /// Writes a journal, so that it is on the medium when the call returns.
    ///
    /// - Parameters:
    ///   - purpose: What it is for.
    ///   - diskBytes: The size of the disk.
    ///   - runs: The parts to write back, by their position, apart from each other.
    ///   - folder: Where journals are kept; it must be there.
    ///   - source: Gives the old content of all runs, piece by piece, in their order; it is asked until all are there.
    /// - Returns: The path of the file.
    /// - Throws: ``EpochLayerError``; there is no journal then.
    static func write(
        purpose: UndoPurpose, diskBytes: UInt64, runs: [UndoRun], folder: String,
        source: (UnsafeMutableRawBufferPointer) throws(EpochLayerError) -> Int
    ) throws(EpochLayerError) -> String {
        let path = path(of: purpose.resource, in: folder)
        let temporary = path + ".new"
        let file = try FileDescriptor.opened(temporary, O_WRONLY | O_CREAT | O_TRUNC)
        do throws(EpochLayerError) {
            try fill(file, temporary, purpose: purpose, diskBytes: diskBytes, runs: runs, source: source)
            try attempt("rename to \(path)", temporary) { () throws(SystemError) in
                try retrying("rename") { rename(temporary, path) }
            }
        } catch {
            unlink(temporary)
            throw error
        }
        try synchronize(folder: folder)
        return path
    }

    private static func fill(
        _ file: borrowing FileDescriptor, _ path: String, purpose: UndoPurpose, diskBytes: UInt64, runs: [UndoRun],
        source: (UnsafeMutableRawBufferPointer) throws(EpochLayerError) -> Int
    ) throws(EpochLayerError) {
        var checksum = Checksum()
        var position = UInt64(UndoJournalHeader.bytes)
        var table: [UInt64] = []
        for run in runs { table += [run.offset.littleEndian, run.bytes.littleEndian] }
        try table.span.bytes.withUnsafeBytes { (bytes) throws(EpochLayerError) in
            checksum.update(bytes)
            try file.writeAll(bytes, at: position, of: path)
            position += UInt64(bytes.count)
        }
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceBytes, alignment: 4096)
        defer { piece.deallocate() }
        var rest = runs.reduce(0) { $0 + $1.bytes }
        while rest > 0 {
            let room = UnsafeMutableRawBufferPointer(rebasing: piece[..<Int(min(rest, UInt64(pieceBytes)))])
            let count = try source(room)
            let bytes = UnsafeRawBufferPointer(rebasing: room[..<count])
            checksum.update(bytes)
            try file.writeAll(bytes, at: position, of: path)
            position += UInt64(count)
            rest -= UInt64(count)
        }
        let header = UndoJournalHeader(
            purpose: purpose, diskBytes: diskBytes, runs: runs, bodyChecksum: checksum.value)
        try header.encoded().span.bytes.withUnsafeBytes { (bytes) throws(EpochLayerError) in
            try file.writeAll(bytes, at: 0, of: path)
        }
        try file.synchronize(path)
    }

    /// Marks a resource's journal: from now on it may be written to the disk in part, under these identifiers only.
    ///
    /// Of a takeover with several disks all journals are marked before the first one is applied. The mark is on the medium
    /// when the call returns.
    ///
    /// - Parameters:
    ///   - resource: The DRBD resource; without a journal nothing is done.
    ///   - folder: Where journals are kept.
    ///   - identifiers: Those that the data got by the promotion.
    /// - Throws: ``EpochLayerError``, as when it is marked with others.
    public static func begin(
        of resource: String, in folder: String, as identifiers: MirrorIdentifiers
    ) throws(EpochLayerError) {
        guard let header = try header(of: resource, in: folder) else { return }
        let mark = UndoMark(identifiers)
        let path = path(of: resource, in: folder)
        if let former = header.mark {
            guard former == mark else { throw .journalUnusable(path: path, fault: .otherData) }
            return
        }
        let file = try FileDescriptor.opened(path, O_RDWR)
        try mark.encoded().span.bytes.withUnsafeBytes { (bytes) throws(EpochLayerError) in
            try file.writeAll(bytes, at: UInt64(UndoMark.offset), of: path)
        }
        try file.synchronize(path)
    }

    /// Reads the header of a resource's journal, and nothing else of it.
    ///
    /// - Parameters:
    ///   - resource: The DRBD resource.
    ///   - folder: Where journals are kept.
    /// - Returns: The header, or `nil` when there is no journal.
    /// - Throws: ``EpochLayerError/journalUnusable(path:fault:)``, or the error of a call.
    public static func header(of resource: String, in folder: String) throws(EpochLayerError) -> UndoJournalHeader? {
        let path = path(of: resource, in: folder)
        if access(path, F_OK) < 0, errno == ENOENT { return nil }
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: UndoJournalHeader.bytes, alignment: 4096)
        defer { room.deallocate() }
        return try Rollback.checkedHeader(
            try FileDescriptor.opened(path, O_RDONLY), path, resource: resource, room)
    }

    /// The resources that have a journal in a folder.
    ///
    /// - Parameter folder: Where journals are kept; none are in one that is not there.
    /// - Returns: Their names, sorted; a name that no resource can have is left out.
    public static func resources(in folder: String) -> [String] {
        guard let listing = opendir(folder) else { return [] }
        defer { closedir(listing) }
        var found: [String] = []
        while let entry = readdir(listing) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name.hasSuffix(suffix) else { continue }
            let resource = String(name.dropLast(suffix.count))
            if (try? ResourceName.check(resource)) != nil { found.append(resource) }
        }
        return found.sorted()
    }

    /// Deletes a resource's journal and what a crash left of one; no journal is no error.
    ///
    /// - Parameters:
    ///   - resource: The DRBD resource.
    ///   - folder: Where journals are kept.
    /// - Throws: ``EpochLayerError/system(action:object:code:)``.
    public static func remove(of resource: String, in folder: String) throws(EpochLayerError) {
        let path = path(of: resource, in: folder)
        for name in [path + ".new", path] where unlink(name) < 0 && errno != ENOENT {
            throw .system(action: "delete", object: name, code: errno)
        }
        try synchronize(folder: folder)
    }

    private static func synchronize(folder: String) throws(EpochLayerError) {
        let directory = try FileDescriptor.opened(folder, O_RDONLY | O_DIRECTORY)
        try directory.synchronize(folder)
    }
}
