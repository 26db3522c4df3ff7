/// Finds the set bits of a bitmap, 64 at a time: the one job of the dirty log's inner loop.
enum FrameBitmap {
    /// The words that hold one bit for each of some frames.
    static func words(forFrames frames: UInt64) -> Int { Int((frames + 63) / 64) }

    /// Writes the numbers of the set bits, in order.
    ///
    /// - Parameters:
    ///   - bitmap: Bit 0 of word 0 is frame 0.
    ///   - frames: How many bits count; those after them are passed over.
    ///   - output: Where the numbers go; at least `frames` elements, so that any bitmap fits.
    /// - Returns: How many were written.
    static func collect(
        _ bitmap: UnsafeBufferPointer<UInt64>, frames: UInt64, into output: UnsafeMutableBufferPointer<UInt64>
    ) -> Int {
        precondition(bitmap.count >= words(forFrames: frames), "the bitmap is shorter than its frames")
        precondition(UInt64(output.count) >= frames, "the output cannot hold every frame")
        var count = 0
        let whole = Int(frames / 64)
        for index in 0..<whole {
            var word = bitmap[index]
            // Most of the bitmap is empty.
            while word != 0 {
                output[count] = UInt64(index) * 64 + UInt64(word.trailingZeroBitCount)
                count += 1
                word &= word - 1
            }
        }
        if frames % 64 != 0 {
            var word = bitmap[whole] & (1 << (frames % 64) - 1)
            while word != 0 {
                output[count] = UInt64(whole) * 64 + UInt64(word.trailingZeroBitCount)
                count += 1
                word &= word - 1
            }
        }
        return count
    }
}
