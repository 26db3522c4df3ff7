/// Applies a delta to a page, after all of it was found to be in order.
///
/// Everything is read and written through spans: a mistake here would end the process and not write beside the page.
struct DeltaReader: ~Copyable {
    // Where in the page the words of a delta go. A place is written before it is known whether it counts.
    private let places: UnsafeMutablePointer<UInt16>

    init() { places = .allocate(capacity: Page.size / 8 + Page.lineWords) }

    deinit { places.deallocate() }

    /// Applies a delta.
    ///
    /// - Parameters:
    ///   - delta: The sections as they came; nobody vouches for them.
    ///   - page: 4096 bytes, the page that the delta is against; nothing is written unless the delta is in order.
    /// - Returns: Whether the delta is in order.
    func apply(_ delta: UnsafeRawBufferPointer, to page: UnsafeMutableRawPointer) -> Bool {
        let bytes = delta.bytes
        guard let controls = readMasks(bytes) else { return false }
        let values = controls.upperBound
        // Bits that must not be there: above the six of a control, or bytes beyond the word's end.
        var wrong: UInt8 = 0
        var length = 0
        for offset in controls {
            let control = bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
            wrong |= (control & 0xc0) | ((control &>> 3 & 7) &+ (control & 7)) & 8
            length &+= Int(control & 7) &+ 1
        }
        guard wrong == 0, bytes.byteCount == values &+ length else { return false }
        var value = values
        var target = UnsafeMutableRawBufferPointer(start: page, count: Page.size).mutableBytes
        for offset in controls {
            let control = bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
            let length = Int(control & 7) &+ 1
            let change = Self.value(bytes, at: value, length: length) &<< UInt64(control & 0x38)
            value &+= length
            let place = Int(places[offset &- controls.lowerBound])
            let word = UInt64(littleEndian: target.bytes.unsafeLoadUnaligned(fromByteOffset: place, as: UInt64.self))
            target.storeBytes(of: (word ^ change).littleEndian, toByteOffset: place, as: UInt64.self)
        }
        return true
    }

    /// Finds the words that change.
    ///
    /// - Returns: Where their controls are, or nil if the delta is cut short or has a mask without a bit.
    private func readMasks(_ bytes: RawSpan) -> Range<Int>? {
        guard bytes.byteCount >= 8 else { return nil }
        var lines = UInt64(littleEndian: bytes.unsafeLoadUnaligned(as: UInt64.self))
        let controls = 8 &+ lines.nonzeroBitCount
        guard lines != 0, bytes.byteCount >= controls else { return nil }
        var words = 0
        var isEveryMaskSet = true
        for offset in 8..<controls {
            let start = lines.trailingZeroBitCount &* Page.lineSize
            lines &= lines &- 1
            let mask = bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
            isEveryMaskSet = isEveryMaskSet && mask != 0
            for word in 0..<Page.lineWords {
                places[words] = UInt16(truncatingIfNeeded: start &+ word &* 8)
                words &+= Int(mask &>> UInt8(truncatingIfNeeded: word) & 1)
            }
        }
        guard isEveryMaskSet, bytes.byteCount >= controls &+ words else { return nil }
        return controls..<controls &+ words
    }

    /// Up to eight bytes, the lowest first.
    @inline(__always) private static func value(_ bytes: RawSpan, at start: Int, length: Int) -> UInt64 {
        if start &+ 8 <= bytes.byteCount {
            let word = UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: start, as: UInt64.self))
            return word & (UInt64.max &>> UInt64(truncatingIfNeeded: 64 &- length &* 8))
        }
        // The last bytes of the delta: no eight of them are left to be read at once.
        var word: UInt64 = 0
        for index in 0..<length {
            let byte = bytes.unsafeLoad(fromByteOffset: start &+ index, as: UInt8.self)
            word |= UInt64(byte) &<< UInt64(truncatingIfNeeded: index &* 8)
        }
        return word
    }
}
