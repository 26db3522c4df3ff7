// Appends lines to the event log's file, begins on a fresh line whatever stands there, and rotates it by size.

internal import Glibc
internal import SystemKit

/// The writing end of the event log; belongs to one thread.
struct EventFileWriter: ~Copyable {
    private let directory: String
    private var file: FileDescriptor?
    private var size = 0
    /// The file ends inside a line: a power cut or a full disk cut it short.
    private var isMidLine = false

    /// Makes a writer; the file is opened when the first line is written.
    init(directory: String) { self.directory = directory }

    /// Appends one line with one `write`, so that a line is whole, or is torn and known to be.
    ///
    /// - Parameters:
    ///   - line: The line with its line feed.
    ///   - isDurable: Whether it is on the disk when this returns.
    ///   - limit: The size at which a new file is begun, in bytes (safety rule 6).
    /// - Throws: ``SystemKit/SystemError``; the line is then not in the log, or not known to be on the disk.
    mutating func append(_ line: [UInt8], isDurable: Bool, limit: Int) throws(SystemError) {
        try openIfNeeded()
        if size > 0, size + line.count + 1 > limit { try rotate() }
        guard file != nil else { throw SystemError(code: EBADF, call: "write") }
        let bytes = isMidLine ? [UInt8(ascii: "\n")] + line : line
        let written = try file.use { (file) throws(SystemError) in try Self.write(bytes, to: file) } ?? 0
        size += written
        isMidLine = written > 0 ? written < bytes.count : isMidLine
        // The rest of a line that fits only in part would not fit either.
        guard written == bytes.count else { throw SystemError(code: ENOSPC, call: "write") }
        if isDurable { try file.use { (file) throws(SystemError) in try Self.synchronize(file) } }
    }

    /// Opens the file of the name, also when somebody has moved or removed the one that was open.
    private mutating func openIfNeeded() throws(SystemError) {
        let path = EventFiles.current(in: directory)
        let known = file.use { EventFiles.identity(of: $0) } ?? 0
        if known != 0, known == EventFiles.identity(of: path) { return }
        file = nil
        let isNew = EventFiles.identity(of: path) == 0
        let opened = FileDescriptor(
            owning: try retrying("open \(path)") { open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0o600) })
        size = EventFiles.size(of: opened)
        isMidLine = size > 0 && Self.lastByte(of: opened, size) != UInt8(ascii: "\n")
        file = consume opened
        if isNew { try synchronizeDirectory() }
    }

    /// Gives the full file the older file's name, whose content goes, and begins a new one.
    private mutating func rotate() throws(SystemError) {
        let (current, older) = (EventFiles.current(in: directory), EventFiles.older(in: directory))
        // What is in the full file must not be lost after the new one has begun.
        try file.use { (file) throws(SystemError) in try Self.synchronize(file) }
        try retrying("rename \(current)") { rename(current, older) }
        file = nil
        try openIfNeeded()
    }

    private static func write(_ bytes: [UInt8], to file: borrowing FileDescriptor) throws(SystemError) -> Int {
        let number = file.number
        return try retrying("write") { bytes.withUnsafeBytes { Glibc.write(number, $0.baseAddress, $0.count) } }
    }

    private static func synchronize(_ file: borrowing FileDescriptor) throws(SystemError) {
        let number = file.number
        try retrying("fsync") { fsync(number) }
    }

    private func synchronizeDirectory() throws(SystemError) {
        let directory = self.directory
        let folder = FileDescriptor(
            owning: try retrying("open \(directory)") { open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) })
        try Self.synchronize(folder)
    }

    private static func lastByte(of file: borrowing FileDescriptor, _ size: Int) -> UInt8? {
        var byte: UInt8 = 0
        return pread(file.number, &byte, 1, size - 1) == 1 ? byte : nil
    }
}
