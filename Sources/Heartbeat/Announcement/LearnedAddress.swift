/// One address that a frame shows to be the guest's own.
enum LearnedAddress: Equatable {
    case ipv4(IPv4Address)
    case ipv6(IPv6Address, isRouter: Bool)

    /// How much of a frame is looked at: ARP needs 42 bytes, a neighbour message 78.
    static let wantedBytes = 96

    /// Reads a frame that came from the guest; the bytes are the guest's, so nothing in them is trusted.
    ///
    /// Only what the guest says of itself counts: the sender of ARP, and the sender or target of neighbour discovery. The
    /// source addresses of ordinary packets do not count: a guest that routes forwards the packets of others, and to
    /// announce their addresses would take those over. Checksums do not count either, since a guest may leave them to the
    /// network card.
    ///
    /// - Parameters:
    ///   - frame: The frame, or its first ``wantedBytes``.
    ///   - mac: The address of the guest's interface; a frame of another source tells nothing.
    /// - Returns: The address, or nil when the frame tells none.
    static func learn(_ frame: RawSpan, from mac: MACAddress) -> LearnedAddress? {
        guard frame.mac(at: 6) == mac else { return nil }
        switch frame.number(UInt16.self, at: 12) {
        case 0x0806: return resolution(frame, mac)
        case 0x86dd: return discovery(frame)
        default: return nil
        }
    }

    private static func resolution(_ frame: RawSpan, _ mac: MACAddress) -> LearnedAddress? {
        let ethernetAndIPv4: UInt64 = 0x0001_0800_0604
        guard let header = frame.number(UInt64.self, at: 14), header >> 16 == ethernetAndIPv4,
            1...2 ~= header & 0xffff, frame.mac(at: 22) == mac, let sender = frame.number(UInt32.self, at: 28)
        else { return nil }
        let address = IPv4Address(rawValue: sender)
        return address.isHostAddress ? .ipv4(address) : nil
    }

    private static func discovery(_ frame: RawSpan) -> LearnedAddress? {
        // Hop limit 255 shows that the guest made the message and did not forward it.
        guard let version = frame.number(UInt8.self, at: 14), version >> 4 == 6,
            let length = frame.number(UInt16.self, at: 18), length >= 8,
            frame.number(UInt8.self, at: 20) == 58, frame.number(UInt8.self, at: 21) == 255,
            let source = frame.ipv6(at: 22), let type = frame.number(UInt8.self, at: 54),
            frame.number(UInt8.self, at: 55) == 0
        else { return nil }
        let target = length >= 24 ? frame.ipv6(at: 62) : nil
        switch type {
        case 133: return host(source, isRouter: false)
        case 134: return host(source, isRouter: true)
        // Duplicate address detection has no source yet: its target is the address that the guest is about to take.
        case 135: return host(source.isUnspecified ? target : source, isRouter: false)
        case 136: return host(target, isRouter: frame.number(UInt8.self, at: 58).map { $0 & 0x80 != 0 } ?? false)
        default: return nil
        }
    }

    private static func host(_ address: IPv6Address?, isRouter: Bool) -> LearnedAddress? {
        guard let address, address.isHostAddress else { return nil }
        return .ipv6(address, isRouter: isRouter)
    }
}

/// Numbers in network byte order; a place outside the frame gives nil.
extension RawSpan {
    fileprivate func number<Number: FixedWidthInteger & BitwiseCopyable>(_: Number.Type, at offset: Int) -> Number? {
        guard byteCount >= offset + MemoryLayout<Number>.size else { return nil }
        return Number(bigEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: Number.self))
    }

    fileprivate func mac(at offset: Int) -> MACAddress? {
        guard let high = number(UInt16.self, at: offset), let low = number(UInt32.self, at: offset + 2) else {
            return nil
        }
        return MACAddress(rawValue: UInt64(high) << 32 | UInt64(low))
    }

    fileprivate func ipv6(at offset: Int) -> IPv6Address? {
        guard let high = number(UInt64.self, at: offset), let low = number(UInt64.self, at: offset + 8) else {
            return nil
        }
        return IPv6Address(high: high, low: low)
    }
}
