/// SplitMix64: the same numbers for the same seed on every host.
public struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    /// Begins a sequence.
    ///
    /// - Parameter seed: What names the sequence.
    public init(seed: UInt64) { state = seed }

    /// The next number of the sequence.
    ///
    /// - Returns: Any number.
    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }

    /// A number below a bound, quickly and not quite evenly.
    ///
    /// - Parameter bound: More than 0.
    /// - Returns: 0 to one less than the bound.
    public mutating func below(_ bound: Int) -> Int { Int(next() >> 1) % bound }
}
