/// Draws faults in an order that a seed decides: all of them, shuffled, then all of them again in another order.
struct FaultDeck {
    private var generator: SplitMix
    private var rest: [Fault] = []

    /// Makes a deck.
    ///
    /// - Parameter seed: Decides the order.
    init(seed: UInt64) {
        generator = SplitMix(seed: seed)
    }

    /// Takes the next fault.
    mutating func draw() -> Fault {
        if rest.isEmpty { rest = Fault.all }
        return rest.remove(at: Int(generator.next() % UInt64(rest.count)))
    }
}

/// The SplitMix64 generator: the same numbers for the same seed on every machine.
struct SplitMix {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }
}
