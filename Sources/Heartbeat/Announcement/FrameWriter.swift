/// Builds an Ethernet frame field by field, in network byte order.
struct FrameWriter {
    private(set) var bytes: [UInt8] = []

    init(to destination: MACAddress, from source: MACAddress, type: UInt16) {
        bytes.reserveCapacity(96)
        put(destination)
        put(source)
        put(type)
    }

    mutating func put(_ value: some FixedWidthInteger & UnsignedInteger) {
        for shift in stride(from: value.bitWidth - 8, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    mutating func put(_ address: MACAddress) {
        put(UInt16(truncatingIfNeeded: address.rawValue >> 32))
        put(UInt32(truncatingIfNeeded: address.rawValue))
    }

    mutating func put(_ address: IPv6Address) {
        put(address.high)
        put(address.low)
    }

    /// Overwrites 16 bits that were put before.
    mutating func patch(_ value: UInt16, at offset: Int) {
        bytes[offset] = UInt8(value >> 8)
        bytes[offset + 1] = UInt8(truncatingIfNeeded: value)
    }

    /// Fills up to the shortest frame that Ethernet carries, without its checksum.
    mutating func pad() {
        while bytes.count < 60 { bytes.append(0) }
    }
}
