internal import Glibc
internal import GuestSupport

/// The kernel's cache of what disks hold.
package enum PageCache {
    /// The kernel's file that drops what is in the cache.
    package static let control = "/proc/sys/vm/drop_caches"

    /// Drops everything from the cache that is on the disks as well.
    ///
    /// - Parameter control: The kernel's file for it.
    /// - Throws: ``SystemError`` when it cannot be written.
    static func drop(by control: String) throws(SystemError) {
        let raw = open(control, O_WRONLY | O_CLOEXEC)
        guard raw >= 0 else { throw SystemError(call: "open", subject: control) }
        let file = FileDescriptor(owning: raw)
        guard Array("3\n".utf8).withUnsafeBytes({ file.write($0) }) == .bytes(2) else {
            throw SystemError(call: "write", subject: control)
        }
    }
}
