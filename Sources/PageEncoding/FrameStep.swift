/// How far it is from one frame to another, in as few bytes as it takes.
///
/// Bits of seven, the lowest first, the highest bit of a byte set if more follow; the lowest bit of the number is the sign.
enum FrameStep {
    /// The most bytes: 33 bits and a sign.
    static let maximumSize = 5

    /// Writes a step.
    ///
    /// - Parameters:
    ///   - from: A frame's number in its shard.
    ///   - to: Another.
    ///   - target: Memory for ``maximumSize`` bytes.
    /// - Returns: The bytes written.
    @inline(__always) static func write(from: UInt32, to: UInt32, at target: UnsafeMutableRawPointer) -> Int {
        let step = Int64(to) &- Int64(from)
        var rest = UInt64(bitPattern: step &<< 1 ^ step &>> 63)
        var size = 0
        while rest >= 0x80 {
            target.storeBytes(of: UInt8(truncatingIfNeeded: rest) | 0x80, toByteOffset: size, as: UInt8.self)
            rest &>>= 7
            size &+= 1
        }
        target.storeBytes(of: UInt8(truncatingIfNeeded: rest), toByteOffset: size, as: UInt8.self)
        return size &+ 1
    }

    /// Goes a step that was read.
    ///
    /// - Parameters:
    ///   - from: A frame's number in its shard.
    ///   - number: The number as it was written, below 2³⁵.
    ///   - bound: What the result must be below.
    /// - Returns: The other frame's number, or nil if there is none.
    @inline(__always) static func follow(from: UInt32, number: UInt64, below bound: Int) -> UInt32? {
        let step = Int64(bitPattern: number &>> 1) ^ (0 &- Int64(bitPattern: number & 1))
        let frame = Int64(from) &+ step
        return frame >= 0 && frame < bound ? UInt32(truncatingIfNeeded: frame) : nil
    }
}
