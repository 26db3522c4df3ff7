internal import CheckpointStream
internal import Glibc
internal import ReplicaControl
internal import ReplicaModel
internal import SystemKit

/// A file of libxc records that is whole up to its last complete checkpoint, whatever ends the recording.
struct Recording: ~Copyable {
    private let path: String
    private let file: FileDescriptor
    /// Bytes up to and with the last CHECKPOINT.
    private(set) var committed = 0
    private var written = 0

    /// An empty record of this type.
    private static let checkpoint: [UInt8] = [UInt8(LibxcRecordType.checkpoint.rawValue), 0, 0, 0, 0, 0, 0, 0]
    private static let end: [UInt8] = [UInt8(LibxcRecordType.end.rawValue), 0, 0, 0, 0, 0, 0, 0]

    /// Begins a file anew.
    init(path: String) throws(CommandError) {
        let file: FileDescriptor
        do throws(SystemError) {
            file = FileDescriptor(
                owning: try retrying("open") { open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644) })
        } catch { throw Self.failure(path, error) }
        self.path = path
        self.file = file
    }

    /// Adds verified bytes of the image or of a checkpoint.
    mutating func add(_ bytes: UnsafeRawBufferPointer) throws(CommandError) {
        do throws(SystemError) { try file.writeAll(bytes) } catch { throw Self.failure(path, error) }
        written += bytes.count
    }

    /// Marks what was added as one consistent state.
    mutating func commit() throws(CommandError) {
        try add(Self.checkpoint)
        committed = written
    }

    /// Drops what belongs to no complete checkpoint, and ends the stream.
    mutating func finish() throws(CommandError) {
        let number = file.number
        let size = committed
        do throws(SystemError) {
            try retrying("ftruncate") { ftruncate(number, size) }
            try retrying("lseek") { lseek(number, size, SEEK_SET) }
        } catch { throw Self.failure(path, error) }
        written = size
        if size > 0 { try add(Self.end) }
    }

    private mutating func add(_ bytes: [UInt8]) throws(CommandError) {
        try bytes.span.bytes.withUnsafeBytes { (raw) throws(CommandError) in try add(raw) }
    }

    private static func failure(_ path: String, _ error: SystemError) -> CommandError {
        CommandError(
            .internalFault, "the recording \(path) cannot be written: \(error)",
            hint: "free space, or name a file that can be written with --output")
    }
}
