/// Takes the fields of one message from bytes that nobody vouches for: every length is checked before it is used.
struct PayloadReader {
    let type: MessageType
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ type: MessageType, _ bytes: UnsafeRawBufferPointer) {
        self.type = type
        self.bytes = bytes
    }

    mutating func integer<Value: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
        _: Value.Type = Value.self
    ) throws(StreamError) -> Value {
        let start = try take(MemoryLayout<Value>.size)
        return Value(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: Value.self))
    }

    mutating func boolean(_ field: MessageField) throws(StreamError) -> Bool {
        switch try integer(UInt8.self) {
        case 0: return false
        case 1: return true
        default: throw .malformed(type, .value(field))
        }
    }

    mutating func data(_ field: MessageField, limit: Int) throws(StreamError) -> [UInt8] {
        try raw(try count(field, limit: limit))
    }

    /// Bytes whose number is fixed.
    mutating func raw(_ count: Int) throws(StreamError) -> [UInt8] {
        let start = try take(count)
        return Array(bytes[start..<start + count])
    }

    mutating func text(_ field: MessageField, limit: Int) throws(StreamError) -> String {
        let length = try count(field, limit: limit)
        let start = try take(length)
        let content = bytes[start..<start + length]
        // The texts go into C strings: a zero byte would cut them there.
        guard !content.contains(0), let text = String(validating: content, as: UTF8.self) else {
            throw .malformed(type, .text(field))
        }
        return text
    }

    /// A word for programs; one that this release does not know is no error.
    mutating func word(_ field: MessageField) throws(StreamError) -> String {
        let text = try text(field, limit: Word.limit)
        guard Word.isValid(text.utf8) else { throw .malformed(type, .value(field)) }
        return text
    }

    mutating func count(_ field: MessageField, limit: Int) throws(StreamError) -> Int {
        let value = Int(try integer(UInt32.self))
        guard value <= limit else { throw .tooLarge(type, field: field, actual: value, limit: limit) }
        return value
    }

    /// Nothing may follow the last field.
    func finish() throws(StreamError) {
        guard position == bytes.count else { throw .malformed(type, .trailingBytes(bytes.count - position)) }
    }

    private mutating func take(_ count: Int) throws(StreamError) -> Int {
        guard count <= bytes.count - position else { throw .malformed(type, .truncated) }
        defer { position += count }
        return position
    }
}
