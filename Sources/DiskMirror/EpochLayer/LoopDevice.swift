internal import CLinux
internal import Glibc
internal import SystemKit

/// A loop device over an open file; it goes with its last user, be that this value or a table.
struct LoopDevice: ~Copyable, Sendable {
    let device: BlockDeviceNumber
    private let descriptor: FileDescriptor

    private init(device: BlockDeviceNumber, descriptor: consuming FileDescriptor) {
        self.device = device
        self.descriptor = descriptor
    }

    /// Puts a free loop device over a file.
    static func attach(over file: borrowing FileDescriptor, named name: String) throws(EpochLayerError) -> LoopDevice {
        let control = try FileDescriptor.opened("/dev/loop-control", O_RDWR)
        // Another process may take the free device between the two calls.
        for _ in 0..<32 {
            let free = rc_loop_free(control.number)
            let number = try attempt("find a free loop device by", "/dev/loop-control") { () throws(SystemError) in
                try checked(free, "ioctl")
            }
            let path = "/dev/loop\(number)"
            let descriptor = try FileDescriptor.opened(path, O_RDWR)
            let result = rc_loop_configure(descriptor.number, file.number)
            if result == -EBUSY { continue }
            try attempt("put \(name) behind", path) { () throws(SystemError) in try checked(result, "ioctl") }
            return LoopDevice(device: try BlockDeviceNumber(path: path), descriptor: descriptor)
        }
        throw .system(action: "find a free loop device by", object: "/dev/loop-control", code: EBUSY)
    }
}
