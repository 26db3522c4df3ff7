/// A small generator of random numbers (xorshift64*), so that the choice of pages is part of the guest's memory.
struct PageChooser {
    private var state: UInt64

    /// Starts at `seed`; zero is replaced, because the generator could not leave it.
    init(seed: UInt64) {
        state = seed == 0 ? 0x9E37_79B9_7F4A_7C15 : seed
    }

    /// The next number in `0..<bound`.
    mutating func next(below bound: Int) -> Int {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return Int((state &* 0x2545_F491_4F6C_DD1D).multipliedFullWidth(by: UInt64(bound)).high)
    }
}
