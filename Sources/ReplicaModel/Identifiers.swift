// ReplicaModel: the identifiers that every module shares, and nothing that does I/O.

/// The number of a run-suspend-capture round, counted from 1; 0 stands for "no checkpoint yet".
public struct Epoch: RawRepresentable, Comparable, Hashable, Sendable, CustomStringConvertible {
    /// The plain number, as it is sent and shown.
    public let rawValue: UInt64

    /// Makes an epoch of its number.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Before the first checkpoint.
    public static let none = Epoch(rawValue: 0)

    /// The epoch after this one.
    public var next: Epoch { Epoch(rawValue: rawValue + 1) }

    /// Orders epochs by their number.
    public static func < (left: Epoch, right: Epoch) -> Bool { left.rawValue < right.rawValue }

    /// The decimal number.
    public var description: String { String(rawValue) }
}

/// Counts changes of owner of one domain; a message of an older generation is refused (safety rule 2).
public struct Generation: RawRepresentable, Comparable, Hashable, Sendable, CustomStringConvertible {
    /// The plain number, as it is sent, stored and shown.
    public let rawValue: UInt64

    /// Makes a generation of its number.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// No owner was ever recorded.
    public static let none = Generation(rawValue: 0)

    /// The generation of the next owner.
    public var next: Generation { Generation(rawValue: rawValue + 1) }

    /// Orders generations by their number.
    public static func < (left: Generation, right: Generation) -> Bool { left.rawValue < right.rawValue }

    /// The decimal number.
    public var description: String { String(rawValue) }
}

/// The identity of a domain on every host: its UUID, never the domid, which is local and changes.
public struct DomainIdentity: Hashable, Sendable, CustomStringConvertible {
    /// The first eight bytes, big-endian.
    public let high: UInt64
    /// The last eight bytes, big-endian.
    public let low: UInt64

    /// Makes an identity of its two halves.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads the usual text form, with or without dashes.
    ///
    /// Anything but 32 hexadecimal digits gives `nil`.
    ///
    /// - Parameter text: 32 hexadecimal digits; dashes are passed over.
    public init?(_ text: some StringProtocol) {
        var digits = 0
        var high: UInt64 = 0
        var low: UInt64 = 0
        for character in text where character != "-" {
            guard let value = character.hexDigitValue, character.isASCII, digits < 32 else { return nil }
            if digits < 16 { high = high << 4 | UInt64(value) } else { low = low << 4 | UInt64(value) }
            digits += 1
        }
        guard digits == 32 else { return nil }
        self.init(high: high, low: low)
    }

    /// The usual text form in lower case: 8-4-4-4-12 hexadecimal digits.
    public var description: String {
        let digits = Self.hexadecimal(high) + Self.hexadecimal(low)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(index) { text.append("-") }
            text.append(digit)
        }
        return text
    }

    private static func hexadecimal(_ half: UInt64) -> String {
        let digits = String(half, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
