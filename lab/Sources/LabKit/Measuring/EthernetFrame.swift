/// One frame of a packet capture.
struct EthernetFrame: Sendable {
    /// When it was seen, in nanoseconds since 1970 on this machine's clock; captures of both hosts share it.
    let time: UInt64
    /// The frame from the destination's address on, as far as it was captured; at least 14 bytes.
    let bytes: [UInt8]

    /// Protocols that scenarios tell apart.
    enum Kind: String, CaseIterable, Sendable {
        case ipv4
        case ipv6
        case arp
        case other
    }

    /// The protocol, by the frame's ethertype.
    var kind: Kind {
        switch UInt16(bytes[12]) << 8 | UInt16(bytes[13]) {
        case 0x0800: .ipv4
        case 0x86dd: .ipv6
        case 0x0806: .arp
        default: .other
        }
    }

    /// The identifier and sequence number of an ICMP or ICMPv6 echo reply; `nil` for every other frame.
    var echoReply: (identifier: UInt16, sequence: UInt16)? {
        let start: Int
        switch kind {
        case .ipv4:
            guard bytes.count > 23, bytes[23] == 1 else { return nil }
            start = 14 + Int(bytes[14] & 0x0f) * 4
            guard bytes.count >= start + 8, bytes[start] == 0 else { return nil }
        case .ipv6:
            guard bytes.count >= 62, bytes[20] == 58, bytes[54] == 129 else { return nil }
            start = 54
        case .arp, .other: return nil
        }
        let word = { (offset: Int) in UInt16(bytes[start + offset]) << 8 | UInt16(bytes[start + offset + 1]) }
        return (word(4), word(6))
    }
}

/// A packet capture file in the classic pcap format, little-endian, of Ethernet frames.
struct CaptureFile: Sendable {
    /// The frames in the order in which they were seen; a frame cut short at the end of the file is left out.
    let frames: [EthernetFrame]

    /// Reads a file's bytes.
    ///
    /// - Parameter bytes: The whole file; `nil` comes of anything that is not such a file.
    init?(_ bytes: [UInt8]) {
        func word(_ offset: Int) -> UInt32 {
            (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << (8 * UInt32($1)) }
        }
        guard bytes.count >= 24, word(20) & 0x0fff_ffff == 1 else { return nil }
        let unit: UInt64
        switch word(0) {
        case 0xa1b2_c3d4: unit = 1_000
        case 0xa1b2_3c4d: unit = 1
        default: return nil
        }
        var frames: [EthernetFrame] = []
        var offset = 24
        while offset + 16 <= bytes.count {
            let length = Int(word(offset + 8))
            let end = offset + 16 + length
            guard end <= bytes.count else { break }
            if length >= 14 {
                let time = UInt64(word(offset)) * 1_000_000_000 + UInt64(word(offset + 4)) * unit
                frames.append(EthernetFrame(time: time, bytes: Array(bytes[(offset + 16)..<end])))
            }
            offset = end
        }
        self.frames = frames
    }
}
