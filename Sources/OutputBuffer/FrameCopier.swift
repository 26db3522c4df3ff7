internal import CLinux
internal import SystemKit

/// Has the kernel copy the guest's frames while they are held, so that the guest is not slowed down by the wait.
///
/// xen-netback hands the guest's own pages to the network stack. As long as a frame sits behind the plug, the guest's
/// transmit slots stay taken and the frame counts against its socket: measured, a guest then sends some 60 ICMP replies
/// an epoch and stops. The kernel copies such a frame as soon as a packet socket watches the interface, even one that
/// takes nothing, and the guest gets its pages back at once. Without this socket, after a crash, output is held as well.
struct FrameCopier: ~Copyable {
    private let socket: FileDescriptor

    init(interface: RouteLink) throws(OutputBufferError) {
        do throws(SystemError) {
            socket = FileDescriptor(
                owning: try checked(rc_packet_open_copier(interface.index), "packet socket on \(interface.name)"))
        } catch {
            throw .kernel(interface: interface.name, action: BufferStep.copyFrames.words, reason: error.description)
        }
    }
}
