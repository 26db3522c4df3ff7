/// Appends the fields of one message, within their limits.
struct PayloadWriter {
    let type: MessageType
    var bytes: [UInt8] = []

    init(_ type: MessageType) { self.type = type }

    mutating func integer<Value: FixedWidthInteger & UnsignedInteger>(_ value: Value) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func boolean(_ value: Bool) { bytes.append(value ? 1 : 0) }

    /// Bytes after their number, a 32-bit one.
    mutating func data(_ value: some Collection<UInt8>, _ field: MessageField, limit: Int) throws(StreamError) {
        try count(value.count, field, limit: limit)
        bytes.append(contentsOf: value)
    }

    /// Bytes whose number is fixed.
    mutating func raw(_ value: [UInt8], _ field: MessageField, size: Int) throws(StreamError) {
        guard value.count == size else { throw .malformed(type, .value(field)) }
        bytes.append(contentsOf: value)
    }

    mutating func text(_ value: String, _ field: MessageField, limit: Int) throws(StreamError) {
        guard !value.utf8.contains(0) else { throw .malformed(type, .text(field)) }
        try data(value.utf8, field, limit: limit)
    }

    /// A word for programs.
    mutating func word(_ value: String, _ field: MessageField) throws(StreamError) {
        guard Word.isValid(value.utf8) else { throw .malformed(type, .value(field)) }
        try data(value.utf8, field, limit: Word.limit)
    }

    /// The number of elements that follow.
    mutating func count(_ value: Int, _ field: MessageField, limit: Int) throws(StreamError) {
        guard value <= limit else { throw .tooLarge(type, field: field, actual: value, limit: limit) }
        integer(UInt32(truncatingIfNeeded: value))
    }
}

/// A reason for programs: lower-case letters, digits and dashes, and at least one of them.
enum Word {
    static let limit = 64

    static func isValid(_ bytes: some Collection<UInt8>) -> Bool {
        !bytes.isEmpty && bytes.count <= limit
            && bytes.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "-")
            }
    }
}
