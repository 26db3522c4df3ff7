internal import CLinux
internal import Glibc

/// A region of private memory with one owner, given back to the system at the end.
public struct AnonymousMemory: ~Copyable, @unchecked Sendable {
    // `@unchecked Sendable`: the region is plain memory of this value alone; whoever owns the value owns the bytes.

    /// The region's bytes.
    public let bytes: UnsafeMutableRawBufferPointer

    /// Reserves a region; pages come into being when they are first written, so a bound costs nothing until it is used.
    ///
    /// - Parameter count: The bound in bytes, more than 0.
    /// - Throws: ``SystemError`` of `mmap`.
    public init(reserving count: Int) throws(SystemError) {
        var address: UnsafeMutableRawPointer?
        try checked(rc_anonymous_memory(count, &address), "mmap")
        bytes = UnsafeMutableRawBufferPointer(start: address, count: count)
    }

    /// Brings the first pages into being, so that writing to them later takes no fault.
    ///
    /// - Parameter count: How many bytes from the start; more than the region has stands for all.
    public func populate(_ count: Int) {
        for offset in stride(from: 0, to: min(count, bytes.count), by: 4096) {
            bytes.storeBytes(of: 0, toByteOffset: offset, as: UInt8.self)
        }
    }

    deinit { munmap(bytes.baseAddress, bytes.count) }
}
