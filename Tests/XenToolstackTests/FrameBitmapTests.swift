import Testing

@testable import XenToolstack

@Suite struct FrameBitmapTests {
    /// Collects with the code under test.
    private func collect(_ words: [UInt64], frames: UInt64) -> [UInt64] {
        var output = [UInt64](repeating: .max, count: Int(frames))
        let count = words.withUnsafeBufferPointer { bitmap in
            output.withUnsafeMutableBufferPointer { FrameBitmap.collect(bitmap, frames: frames, into: $0) }
        }
        return Array(output.prefix(count))
    }

    @Test func findsNothingInAnEmptyBitmap() { #expect(collect([0, 0, 0], frames: 192).isEmpty) }

    @Test func findsEveryFrameOfAFullBitmap() {
        #expect(collect([.max, .max], frames: 128) == Array(0..<128))
    }

    @Test func findsTheFirstAndLastFrameOfAWord() {
        #expect(collect([1 | 1 << 63, 1, 1 << 63], frames: 192) == [0, 63, 64, 191])
    }

    @Test(arguments: [1, 63, 64, 65, 100, 127] as [UInt64])
    func passesOverBitsAfterTheLastFrame(frames: UInt64) {
        #expect(collect([.max, .max], frames: frames) == Array(0..<frames))
    }

    @Test func agreesWithLookingAtEachBit() {
        // Two draws of each word, so that a quarter of the bits is set.
        let words: [UInt64] = (0..<40).map { _ in UInt64.random(in: 0...(.max)) & UInt64.random(in: 0...(.max)) }
        let frames: UInt64 = 40 * 64 - 17
        var expected: [UInt64] = []
        for frame in 0..<frames {
            let word: UInt64 = words[Int(frame / 64)]
            if word >> (frame % 64) & 1 == 1 { expected.append(frame) }
        }
        #expect(collect(words, frames: frames) == expected)
    }

    @Test func coversNoFramesWithNoWords() { #expect(collect([], frames: 0).isEmpty) }

    @Test func refusesAnOutputThatCannotHoldEveryFrame() async {
        await #expect(processExitsWith: .failure) {
            let bitmap: [UInt64] = [0]
            var output: [UInt64] = [0]
            _ = bitmap.withUnsafeBufferPointer { words in
                output.withUnsafeMutableBufferPointer { FrameBitmap.collect(words, frames: 64, into: $0) }
            }
        }
    }

    @Test func refusesABitmapThatIsShorterThanItsFrames() async {
        await #expect(processExitsWith: .failure) {
            let bitmap: [UInt64] = [0]
            var output = [UInt64](repeating: 0, count: 65)
            _ = bitmap.withUnsafeBufferPointer { words in
                output.withUnsafeMutableBufferPointer { FrameBitmap.collect(words, frames: 65, into: $0) }
            }
        }
    }
}
