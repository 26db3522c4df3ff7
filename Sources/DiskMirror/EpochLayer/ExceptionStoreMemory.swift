internal import CLinux
internal import Glibc
internal import SystemKit

/// The memory that holds one undo log: a file in memory of bounded size, behind a loop device that the kernel writes to.
///
/// Memory is taken as the log grows, and given back by ``clear()``. We read the file and not the device, so that reading
/// the log is no I/O; and not by a mapping, which in a process with locked memory would take the whole bound at once. The
/// log outlives this value as long as a table uses the loop device, and goes with its last user.
public struct ExceptionStoreMemory: ~Copyable, Sendable {
    /// What `losetup` shows, and errors.
    private let name: String
    /// The bound, in bytes.
    public let bytes: UInt64
    private let file: FileDescriptor
    private let loop: LoopDevice

    /// The loop device, for a table.
    public var device: BlockDeviceNumber { loop.device }

    /// Makes an empty store.
    ///
    /// - Parameters:
    ///   - name: For whom it is, at most 200 bytes.
    ///   - bytes: The bound, in ``UndoLogLayout/storeBytesRange``.
    /// - Throws: ``EpochLayerError/system(action:object:code:)``.
    public init(name: String, bytes: UInt64) throws(EpochLayerError) {
        let result = rc_memory_file(name, bytes)
        let number = try attempt("reserve memory for", name) { () throws(SystemError) in
            try checked(result, "memfd_create")
        }
        let file = FileDescriptor(owning: number)
        let loop = try LoopDevice.attach(over: file, named: name)
        self.name = name
        self.bytes = bytes
        self.file = file
        self.loop = loop
    }

    /// Gives all memory back; the store reads as zeros then.
    ///
    /// No table may be using it.
    ///
    /// - Throws: ``EpochLayerError/system(action:object:code:)``.
    public borrowing func clear() throws(EpochLayerError) {
        let result = rc_punch_hole(file.number, bytes)
        try attempt("empty", name) { () throws(SystemError) in try checked(result, "fallocate") }
    }

    /// Reads a part of the store.
    ///
    /// - Parameters:
    ///   - offset: Where it begins, in bytes.
    ///   - buffer: Where the bytes go; all of it is filled.
    /// - Throws: ``EpochLayerError/system(action:object:code:)``, with `EIO` at the end of the store.
    public borrowing func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(EpochLayerError) {
        try file.readAll(buffer, at: offset, of: name)
    }
}
