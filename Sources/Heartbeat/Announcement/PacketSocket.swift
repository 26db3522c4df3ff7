internal import CLinux
internal import Glibc
internal import SystemKit

/// Opens packet sockets on one interface.
enum PacketSocket {
    /// The number of an interface.
    static func index(of interface: String) throws(SystemError) -> Int32 {
        let index = if_nametoindex(interface)
        guard index != 0 else { throw SystemError.last("if_nametoindex of \(interface)") }
        return Int32(index)
    }

    static func sender(on interface: String) throws(SystemError) -> FileDescriptor {
        FileDescriptor(owning: try checked(rc_packet_open_sender(), "packet socket on \(interface)"))
    }

    // `most`: how many bytes of each frame are wanted.
    static func listener(on interface: String, most: UInt32) throws(SystemError) -> FileDescriptor {
        let index = try index(of: interface)
        return FileDescriptor(
            owning: try checked(rc_packet_open_listener(index, most), "packet socket on \(interface)"))
    }
}
