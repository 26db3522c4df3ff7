/// A host's name of 1 to ``HeartbeatLimits/hostName`` letters, digits, dots, dashes and underscores, held in place.
public struct HostName: Sendable, CustomStringConvertible {
    private var storage = [64 of UInt8](repeating: 0)
    /// The number of bytes, in `1...HeartbeatLimits.hostName`.
    public private(set) var count = 0

    /// Makes a name of its text; `nil` when it is empty, too long or has any other character.
    ///
    /// - Parameter text: 1 to ``HeartbeatLimits/hostName`` letters, digits, dots, dashes and underscores.
    public init?(_ text: String) {
        for byte in text.utf8 {
            guard append(byte) else { return nil }
        }
        guard count > 0 else { return nil }
    }

    /// Makes a name of the bytes of a datagram; `nil` when they are not the name's one form.
    init?(_ bytes: RawSpan, at offset: Int, count: Int) {
        guard (1...HeartbeatLimits.hostName).contains(count) else { return nil }
        for index in 0..<HeartbeatLimits.hostName {
            let byte = bytes.load(UInt8.self, at: offset + index)
            if index < count {
                guard append(byte) else { return nil }
            } else if byte != 0 {
                return nil
            }
        }
    }

    private mutating func append(_ byte: UInt8) -> Bool {
        guard count < HeartbeatLimits.hostName, Self.isAllowed(byte) else { return false }
        storage[count] = byte
        count += 1
        return true
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }

    /// Writes all ``HeartbeatLimits/hostName`` bytes, zeros behind the name.
    func store(into bytes: inout MutableRawSpan, at offset: Int) {
        for index in storage.indices { bytes.store(storage[index], at: offset + index) }
    }

    /// The name as text.
    public var description: String {
        var text = ""
        for index in 0..<count { text.unicodeScalars.append(Unicode.Scalar(storage[index])) }
        return text
    }
}

extension HostName: Equatable {
    /// Whether both are the same name, byte for byte.
    public static func == (left: HostName, right: HostName) -> Bool {
        guard left.count == right.count else { return false }
        return left.storage.indices.allSatisfy { left.storage[$0] == right.storage[$0] }
    }
}
