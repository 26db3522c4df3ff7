/// SplitMix64: the whole of a run follows from its seed.
struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// A number in `0..<bound`.
    mutating func below(_ bound: UInt64) -> UInt64 { next().multipliedFullWidth(by: bound).high }

    /// A number of a closed range.
    mutating func within(_ range: ClosedRange<UInt64>) -> UInt64 {
        range.lowerBound + below(range.upperBound - range.lowerBound + 1)
    }

    /// Whether something with this chance in a thousand happens.
    mutating func chance(_ perMille: UInt64) -> Bool { below(1000) < perMille }

    /// One of some values.
    mutating func pick<Element>(_ values: [Element]) -> Element { values[Int(below(UInt64(values.count)))] }
}
