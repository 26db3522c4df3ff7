// The addresses of a guest's interface, as plain numbers that can be compared, stored and sent.

/// The Ethernet address of a guest's interface.
public struct MACAddress: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The 48 bits, the first byte of the address highest.
    public let rawValue: UInt64

    /// Makes an address of its 48 bits; higher bits are cut.
    public init(rawValue: UInt64) { self.rawValue = rawValue & 0xffff_ffff_ffff }

    /// Reads the usual text form.
    ///
    /// Anything but six pairs of hexadecimal digits with colons between gives `nil`.
    ///
    /// - Parameter text: For example `00:16:3e:12:34:56`.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 6 else { return nil }
        var bits: UInt64 = 0
        for part in parts {
            guard part.utf8.count == 2, part.allSatisfy({ $0.isASCII && $0.isHexDigit }),
                let byte = UInt8(part, radix: 16)
            else { return nil }
            bits = bits << 8 | UInt64(byte)
        }
        self.init(rawValue: bits)
    }

    /// To every host of the link.
    static let broadcast = MACAddress(rawValue: 0xffff_ffff_ffff)

    /// The usual text form in lower case.
    public var description: String {
        stride(from: 40, through: 0, by: -8).map { hexadecimal(rawValue >> $0 & 0xff, digits: 2) }.joined(
            separator: ":")
    }
}

/// An IPv4 address.
public struct IPv4Address: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The 32 bits, the first byte of the address highest.
    public let rawValue: UInt32

    /// Makes an address of its 32 bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Whether a host can have it: not 0.x, not loopback, not multicast, reserved or broadcast.
    var isHostAddress: Bool {
        let first = rawValue >> 24
        return first != 0 && first != 127 && first < 224
    }

    /// The dotted decimal form.
    public var description: String {
        stride(from: 24, through: 0, by: -8).map { String(rawValue >> $0 & 0xff) }.joined(separator: ".")
    }
}

/// An IPv6 address.
public struct IPv6Address: Hashable, Sendable, CustomStringConvertible {
    /// The first eight bytes, the first byte highest.
    public let high: UInt64
    /// The last eight bytes, the first of them highest.
    public let low: UInt64

    /// Makes an address of its two halves.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// All nodes of the link, `ff02::1`.
    static let allNodes = IPv6Address(high: 0xff02_0000_0000_0000, low: 1)

    /// Stands for "none", `::`.
    var isUnspecified: Bool { high == 0 && low == 0 }

    /// Whether a host can have it: not multicast, and not of the block `::/64` with `::`, `::1` and mapped IPv4.
    var isHostAddress: Bool { high != 0 && high >> 56 != 0xff }

    /// Eight groups of hexadecimal digits, not shortened.
    public var description: String {
        [high, low].flatMap { half in
            stride(from: 48, through: 0, by: -16).map { hexadecimal(half >> $0 & 0xffff, digits: 1) }
        }.joined(separator: ":")
    }
}

private func hexadecimal(_ value: UInt64, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
}
