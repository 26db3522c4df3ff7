// Little-endian numbers in byte spans, for the datagram and the local messages.

extension RawSpan {
    /// Reads a number whose place the caller has checked.
    func load<Number: FixedWidthInteger & BitwiseCopyable>(_: Number.Type, at offset: Int) -> Number {
        Number(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: Number.self))
    }

    /// Reads the next number, or says that the bytes have ended.
    func take<Number: FixedWidthInteger & BitwiseCopyable>(
        _: Number.Type, _ cursor: inout Int
    ) -> Number? {
        guard cursor >= 0, byteCount - cursor >= MemoryLayout<Number>.size else { return nil }
        defer { cursor += MemoryLayout<Number>.size }
        return load(Number.self, at: cursor)
    }
}

extension MutableRawSpan {
    /// Writes a number; the place must be inside the span.
    mutating func store<Number: FixedWidthInteger & BitwiseCopyable>(_ value: Number, at offset: Int) {
        storeBytes(of: value.littleEndian, toByteOffset: offset, as: Number.self)
    }

    /// Writes a number and moves on; the span must have room.
    mutating func put<Number: FixedWidthInteger & BitwiseCopyable>(_ value: Number, _ cursor: inout Int) {
        store(value, at: cursor)
        cursor += MemoryLayout<Number>.size
    }
}
