/// The attributes of a netlink message, or of one nest of it, by their type.
///
/// Made of bytes that came from outside: whatever they are, reading them never traps.
struct NetlinkAttributes {
    private let found: [UInt16: ArraySlice<UInt8>]

    /// Takes a run of attributes apart; of several with one type the last counts.
    init(_ bytes: ArraySlice<UInt8>) throws(MalformedMessage) {
        var found: [UInt16: ArraySlice<UInt8>] = [:]
        var rest = bytes
        while rest.count >= 4 {
            let length = Int(rest.number16(at: 0))
            let type = rest.number16(at: 2) & DRBDInterface.attributeTypeMask
            guard length >= 4, length <= rest.count else { throw MalformedMessage("an attribute of \(length) bytes") }
            found[type] = rest.prefix(length).dropFirst(4)
            rest = rest.dropFirst((length + 3) & ~3)
        }
        self.found = found
    }

    func bytes(_ type: UInt16) -> [UInt8]? { found[type].map(Array.init) }

    func number32(_ type: UInt16) -> UInt32? {
        guard let bytes = found[type], bytes.count >= 4 else { return nil }
        return bytes.number32(at: 0)
    }

    func number64(_ type: UInt16) -> UInt64? {
        guard let bytes = found[type], bytes.count >= 8 else { return nil }
        return bytes.number64(at: 0)
    }

    /// A flag of one byte; one that is absent is not set.
    func flag(_ type: UInt16) -> Bool { found[type]?.first.map { $0 != 0 } ?? false }

    /// A text, without the zero byte that ends it.
    func text(_ type: UInt16) -> String? {
        found[type].map { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    /// The nest of a type; an absent one has no attributes.
    func nest(_ type: UInt16) throws(MalformedMessage) -> NetlinkAttributes {
        try NetlinkAttributes(found[type] ?? [])
    }
}

/// A run of attributes to send.
struct NetlinkAttributeWriter {
    private(set) var bytes: [UInt8] = []

    mutating func add(_ type: UInt16, _ content: [UInt8]) {
        bytes.append(number: UInt16(4 + content.count))
        bytes.append(number: type)
        bytes += content
        while bytes.count % 4 != 0 { bytes.append(0) }
    }

    mutating func add(_ type: UInt16, _ number: UInt32) {
        var content: [UInt8] = []
        content.append(number: number)
        add(type, content)
    }

    mutating func add(_ type: UInt16, flag: Bool) { add(type, [flag ? 1 : 0]) }

    /// Adds a text with the zero byte that the kernel wants.
    mutating func add(_ type: UInt16, _ text: String) { add(type, Array(text.utf8) + [0]) }

    /// Adds a nest; the kernel refuses one whose type does not say that it is one.
    mutating func add(_ type: UInt16, nest: (inout NetlinkAttributeWriter) -> Void) {
        var inner = NetlinkAttributeWriter()
        nest(&inner)
        add(type | DRBDInterface.nested, inner.bytes)
    }
}

extension ArraySlice<UInt8> {
    /// A number in the host's byte order, at a distance from the slice's start; the caller has checked the length.
    func number16(at distance: Int) -> UInt16 { UInt16(truncatingIfNeeded: number(at: distance, bytes: 2)) }
    func number32(at distance: Int) -> UInt32 { UInt32(truncatingIfNeeded: number(at: distance, bytes: 4)) }
    func number64(at distance: Int) -> UInt64 { number(at: distance, bytes: 8) }

    private func number(at distance: Int, bytes count: Int) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<count {
            value |= UInt64(self[startIndex + distance + index]) << UInt64(8 * index)
        }
        // The bytes of a little-endian number were put together; this package is for such hosts only (amd64).
        return value
    }
}

extension [UInt8] {
    mutating func append<Number: FixedWidthInteger>(number: Number) {
        for index in 0..<(Number.bitWidth / 8) { append(UInt8(truncatingIfNeeded: number >> Number(8 * index))) }
    }
}
