internal import Glibc
internal import ReplicaModel

/// What values a key takes: how they are read, written and described.
struct ConfigurationValueKind<Value: Sendable>: Sendable {
    /// The unit, or an empty text.
    let unit: String
    /// What is allowed, as the end of "must be …".
    let allowed: String
    /// The value of a node, or `nil` when it is not allowed.
    let value: @Sendable (TomlNode) -> Value?
    /// The value as it is written in TOML.
    let text: @Sendable (Value) -> String
}

extension ConfigurationValueKind where Value == Milliseconds {
    static func milliseconds(_ range: ClosedRange<UInt64>) -> Self {
        Self(
            unit: "ms", allowed: "a whole number of milliseconds from \(range.lowerBound) to \(range.upperBound)",
            value: { node in
                guard case .integer(let number) = node.content, let value = UInt64(exactly: number),
                    range.contains(value)
                else { return nil }
                return Milliseconds(rawValue: value)
            },
            text: { String($0.rawValue) })
    }
}

extension ConfigurationValueKind where Value == Milliseconds {
    /// A length of time, or 0 for none.
    static func millisecondsOrNone(_ range: ClosedRange<UInt64>) -> Self {
        let kind = milliseconds(range)
        return Self(
            unit: kind.unit, allowed: kind.allowed + ", or 0 for none",
            value: { node in
                if case .integer(0) = node.content { return 0 }
                return kind.value(node)
            }, text: kind.text)
    }
}

extension ConfigurationValueKind where Value == Milliseconds? {
    /// A length of time that may be left out.
    static func optionalMilliseconds(_ range: ClosedRange<UInt64>) -> Self {
        let kind = ConfigurationValueKind<Milliseconds>.milliseconds(range)
        return Self(
            unit: kind.unit, allowed: kind.allowed, value: { kind.value($0).map(Optional.some) },
            text: { $0.map(kind.text) ?? "(not set)" })
    }
}

extension ConfigurationValueKind where Value: FixedWidthInteger {
    static func integer(_ range: ClosedRange<Value>, unit: String = "") -> Self {
        let things = unit.isEmpty ? "" : " of \(unit)"
        return Self(
            unit: unit, allowed: "a whole number\(things) from \(range.lowerBound) to \(range.upperBound)",
            value: { node in
                guard case .integer(let number) = node.content, let value = Value(exactly: number),
                    range.contains(value)
                else { return nil }
                return value
            },
            text: { String($0) })
    }
}

extension ConfigurationValueKind where Value: FixedWidthInteger {
    /// A power of two.
    static func powerOfTwo(_ range: ClosedRange<Value>, unit: String) -> Self {
        let kind = integer(range, unit: unit)
        return Self(
            unit: unit, allowed: "a power of two of \(unit) from \(range.lowerBound) to \(range.upperBound)",
            value: { node in kind.value(node).flatMap { $0.nonzeroBitCount == 1 ? $0 : nil } }, text: kind.text)
    }
}

extension ConfigurationValueKind where Value == Bool {
    static var boolean: Self {
        Self(
            unit: "", allowed: "true or false",
            value: { node in
                guard case .boolean(let value) = node.content else { return nil }
                return value
            },
            text: { $0 ? "true" : "false" })
    }
}

extension ConfigurationValueKind
where Value: RawRepresentable & CaseIterable & Sendable, Value.RawValue == String {
    /// One of the cases of an enumeration, written as its raw value.
    static var choice: Self {
        let names = Value.allCases.map { "\"\($0.rawValue)\"" }
        return Self(
            unit: "", allowed: names.joined(separator: " or "),
            value: { node in
                guard case .string(let text) = node.content else { return nil }
                return Value(rawValue: text)
            },
            text: { "\"\($0.rawValue)\"" })
    }
}

extension ConfigurationValueKind where Value == String {
    private static func string(_ allowed: String, _ isAllowed: @escaping @Sendable (String) -> Bool) -> Self {
        Self(
            unit: "", allowed: allowed,
            value: { node in
                guard case .string(let text) = node.content, isAllowed(text) else { return nil }
                return text
            },
            text: { "\"\($0)\"" })
    }

    /// A host's name; bounded, because it is sent to the peer.
    static var name: Self { name(maximumBytes: 64) }

    /// A path's name; bounded, because it is sent to the controller.
    static var pathName: Self { name(maximumBytes: 32) }

    private static func name(maximumBytes: Int) -> Self {
        string("1 to \(maximumBytes) letters, digits, \".\", \"-\" or \"_\"") { text in
            (1...maximumBytes).contains(text.utf8.count) && text.utf8.allSatisfy(isNameByte)
        }
    }

    /// A host's name, or nothing.
    static var hostName: Self {
        string(name.allowed + ", or \"\" for the system's host name") { text in
            text.utf8.count <= 64 && text.utf8.allSatisfy(isNameByte)
        }
    }

    /// A numeric address, or a name that the resolver is asked for.
    static var hostOrAddress: Self {
        string("a numeric IPv4 or IPv6 address, or a host name") { text in
            isNumericAddress(text) || ((1...253).contains(text.utf8.count) && text.utf8.allSatisfy(isNameByte))
        }
    }

    /// A numeric address.
    static var address: Self { string("a numeric IPv4 or IPv6 address", isNumericAddress) }

    /// The name of a network interface, or nothing.
    static var interface: Self {
        string("the name of a network interface (1 to 15 bytes), or \"\" for none") { text in
            text.utf8.count <= 15 && !text.utf8.contains { $0 <= 0x20 || $0 == UInt8(ascii: "/") || $0 >= 0x7f }
        }
    }

    /// An absolute path.
    static func absolutePath(maximumBytes: Int) -> Self {
        string("an absolute path of at most \(maximumBytes) bytes") { text in
            text.hasPrefix("/") && text.utf8.count <= maximumBytes && !text.utf8.contains(0)
        }
    }

    /// An absolute path, or nothing.
    static var optionalPath: Self {
        string("an absolute path, or \"\" for none") { text in
            text.isEmpty || (text.hasPrefix("/") && text.utf8.count <= 4095 && !text.utf8.contains(0))
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

extension ConfigurationValueKind where Value == [String] {
    /// Numeric addresses.
    static var addresses: Self {
        Self(
            unit: "", allowed: "an array of at most 64 numeric IPv4 or IPv6 addresses, each a string",
            value: { node in
                guard case .array(let elements) = node.content, elements.count <= 64 else { return nil }
                var addresses: [String] = []
                for element in elements {
                    guard case .string(let text) = element.content, isNumericAddress(text) else { return nil }
                    addresses.append(text)
                }
                return addresses
            },
            text: { "[" + $0.map { "\"\($0)\"" }.joined(separator: ", ") + "]" })
    }
}

extension ConfigurationValueKind where Value == [String] {
    /// Texts on one line each.
    static func strings(_ what: String, atMost count: Int) -> Self {
        Self(
            unit: "", allowed: "an array of at most \(count) \(what), each a string",
            value: { node in
                guard case .array(let elements) = node.content, elements.count <= count else { return nil }
                var texts: [String] = []
                for element in elements {
                    guard case .string(let text) = element.content, isOneLine(text) else { return nil }
                    texts.append(text)
                }
                return texts
            },
            text: { "[" + $0.map { "\"\($0)\"" }.joined(separator: ", ") + "]" })
    }
}

private func isOneLine(_ text: String) -> Bool {
    (1...1024).contains(text.utf8.count) && !text.utf8.contains { $0 < 0x20 || $0 == 0x7f }
}

/// The family of a numeric address, `AF_INET` or `AF_INET6`, or `nil` for any other text.
func addressFamily(_ text: String) -> Int32? {
    var space = in6_addr()
    if inet_pton(AF_INET, text, &space) == 1 { return AF_INET }
    return inet_pton(AF_INET6, text, &space) == 1 ? AF_INET6 : nil
}

private func isNumericAddress(_ text: String) -> Bool { addressFamily(text) != nil }
