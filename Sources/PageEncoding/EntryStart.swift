/// How an entry begins: scheme, frame and length.
///
/// The first byte has the scheme in the lower four bits, and in the upper four the step from the frame before, if that is
/// 1 to 15; otherwise 0, and the step follows as a ``FrameStep``. Then comes a length, for schemes that have one.
enum EntryStart {
    /// The longest step that fits into the first byte.
    static let shortStepLimit: Int64 = 15
    /// Where the step stands in the first byte.
    static let stepShift: UInt8 = 4
    /// The bits of the scheme in the first byte.
    static let schemeMask: UInt8 = 0x0f
    /// Bytes of a length.
    static let lengthSize = 2

    /// Writes a length.
    ///
    /// - Parameters:
    ///   - length: Bytes that follow it, 0 to 4096.
    ///   - target: Memory for ``lengthSize`` bytes.
    @inline(__always) static func writeLength(_ length: Int, at target: UnsafeMutableRawPointer) {
        target.storeBytes(of: UInt16(truncatingIfNeeded: length).littleEndian, as: UInt16.self)
    }
}
