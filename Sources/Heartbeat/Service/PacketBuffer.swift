/// Memory for one packet, allocated once.
final class PacketBuffer {
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: HeartbeatLimits.message, alignment: 8)

    deinit { bytes.deallocate() }
}
