internal import Glibc
internal import SystemKit

/// The two ends of a channel to a helper: one stays, the other goes to the helper.
struct ChannelEnds: ~Copyable {
    /// The end that stays.
    let near: FileDescriptor
    /// The end that the helper gets.
    let far: FileDescriptor

    /// A pipe from the helper to this process.
    static func output() throws(SystemError) -> ChannelEnds {
        let numbers = try pipe()
        return ChannelEnds(near: FileDescriptor(owning: numbers.reader), far: FileDescriptor(owning: numbers.writer))
    }

    /// A pipe from this process to the helper, as large as the kernel gives without asking: 1 MiB.
    static func stream() throws(SystemError) -> ChannelEnds {
        let numbers = try pipe()
        let ends = ChannelEnds(
            near: FileDescriptor(owning: numbers.writer), far: FileDescriptor(owning: numbers.reader))
        try ends.near.setNonBlocking()
        // A smaller pipe only costs wake-ups.
        try? ends.near.setPipeCapacity(1 << 20)
        return ends
    }

    /// A connection that both sides write to.
    static func connection() throws(SystemError) -> ChannelEnds {
        var numbers: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        try retrying("socketpair") { socketpair(AF_UNIX, kind, 0, &numbers) }
        return ChannelEnds(near: FileDescriptor(owning: numbers[0]), far: FileDescriptor(owning: numbers[1]))
    }

    /// Opens a channel, with the module's error.
    static func opened(
        for verb: String, _ open: () throws(SystemError) -> ChannelEnds
    ) throws(ToolstackError) -> ChannelEnds {
        do throws(SystemError) { return try open() } catch { throw .helperNotStarted(verb: verb, cause: error) }
    }

    /// Closes the helper's end here, so that the end of the helper is seen, and reads from the other.
    consuming func keepNear() -> LineReader { LineReader(near) }

    /// Closes the helper's end here, so that the end of the helper is seen, and writes to the other.
    consuming func keepWriter() -> FileDescriptor { near }

    /// Gives both ends away, as numbers that the caller closes.
    consuming func separate() -> (near: Int32, far: Int32) { (near.release(), far.release()) }

    private static func pipe() throws(SystemError) -> (reader: Int32, writer: Int32) {
        let pipe = try FileDescriptor.pipe()
        var numbers: (reader: Int32, writer: Int32) = (-1, -1)
        pipe.ends { numbers = ($0.release(), $1.release()) }
        return numbers
    }
}
