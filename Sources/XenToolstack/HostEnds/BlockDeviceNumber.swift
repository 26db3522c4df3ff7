internal import CLinux
internal import SystemKit

/// The number of a block device as Xen's drivers read it: major and minor in hexadecimal digits, with a colon.
enum BlockDeviceNumber {
    /// The number of the device behind a path, over symbolic links.
    ///
    /// - Parameter path: The path.
    /// - Returns: For instance "93:0" for `/dev/drbd0`.
    /// - Throws: ``SystemError``; `ENOTBLK` for what is no block device.
    static func of(_ path: String) throws(SystemError) -> String {
        var numbers: (major: UInt32, minor: UInt32) = (0, 0)
        let result = rc_block_device_number(path, &numbers.major, &numbers.minor)
        guard result >= 0 else { throw SystemError(code: -result, call: "stat \(path)") }
        return String(numbers.major, radix: 16) + ":" + String(numbers.minor, radix: 16)
    }
}
