internal import Glibc
internal import SystemKit

/// Tells whether a DRBD device was written since an earlier look, by the kernel's own counters.
///
/// Reads one file of a few hundred bytes that stays open, so that an epoch without writes costs microseconds.
public struct WriteCounter: ~Copyable, Sendable {
    /// The counters at one moment.
    public struct Mark: Equatable, Sendable {
        /// Writes that have completed since the device came up.
        public let writes: UInt64
        /// Discards that have completed.
        public let discards: UInt64
        /// Requests of all kinds that had begun and not completed.
        public let inFlight: UInt64

        /// Whether anything was written, or may have been, between an earlier mark and this one.
        ///
        /// The kernel counts a request as in flight before it counts it as completed, and this reads them in that order, so
        /// no write is missed. What was in flight at the earlier mark has completed since, or still is. Reads in flight
        /// count too: the file does not tell them apart.
        ///
        /// - Parameter earlier: A mark of the same counter.
        /// - Returns: `false` only when nothing was written.
        public func hasWritten(since earlier: Mark) -> Bool {
            inFlight > 0 || writes != earlier.writes || discards != earlier.discards
        }
    }

    /// More than the 17 numbers of the file need.
    private static let fileBytes = 512

    private let file: FileDescriptor
    private let path: String

    /// Opens the counters of a device.
    ///
    /// - Parameter minor: The number N of `/dev/drbdN`.
    /// - Throws: ``MirrorError``.
    public init(minor: UInt32) throws(MirrorError) {
        try self.init(path: "/sys/block/drbd\(minor)/stat")
    }

    init(path: String) throws(MirrorError) {
        self.path = path
        do throws(SystemError) {
            file = FileDescriptor(owning: try retrying("open") { open(path, O_RDONLY | O_CLOEXEC) })
        } catch {
            throw .system(action: "open the write counters \(path)", reason: error.description)
        }
    }

    /// Reads the counters.
    ///
    /// - Returns: The counters now.
    /// - Throws: ``MirrorError``, as when the device is gone.
    public borrowing func mark() throws(MirrorError) -> Mark {
        let number = file.number
        let fields: [UInt64]
        do throws(SystemError) {
            let bytes = try withUnsafeTemporaryAllocation(byteCount: Self.fileBytes, alignment: 1) {
                (room) throws(SystemError) in
                let count = try retrying("pread") { pread(number, room.baseAddress, room.count, 0) }
                return Array(room[..<count])
            }
            fields = Self.numbers(in: bytes)
        } catch {
            throw .system(action: "read the write counters \(path)", reason: error.description)
        }
        // Documentation/block/stat.rst: writes completed is the 5th number, in flight the 9th, discards the 12th.
        guard fields.count >= 12 else { throw .notUnderstood("\(path) with \(fields.count) numbers") }
        return Mark(writes: fields[4], discards: fields[11], inFlight: fields[8])
    }

    private static func numbers(in bytes: [UInt8]) -> [UInt64] {
        bytes.split { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.map {
            $0.reduce(0) { $0 &* 10 &+ UInt64($1 - UInt8(ascii: "0")) }
        }
    }
}
