/// What the transaction of a number does: both the guest's database and its client know it from the number alone.
package struct NumberedTransaction: Equatable {
    /// The accounts that there are.
    package static let accounts = 16

    /// The number, from 1.
    package let number: UInt64
    /// The account that loses the amount.
    package let from: Int
    /// The account that gets it.
    package let to: Int
    /// From 1 to 1000.
    package let amount: Int
    /// Up to 2000 characters, so that transactions take one page or several.
    package let note: String

    /// The transaction of a number.
    package init(number: UInt64) {
        var word = number &* 0x9E37_79B9_7F4A_7C15
        word = (word ^ (word >> 31)) &* 0xBF58_476D_1CE4_E5B9
        word ^= word >> 29
        self.number = number
        from = Int(word % UInt64(Self.accounts))
        to = (from + 1 + Int((word >> 8) % UInt64(Self.accounts - 1))) % Self.accounts
        amount = 1 + Int((word >> 16) % 1000)
        let piece = String(word, radix: 16)
        note = String(repeating: "\(piece) ", count: 1 + Int((word >> 32) % 110))
    }
}

/// A checksum over the transactions of a database, in the order of their numbers (FNV-1a, 64 bits).
package struct TransactionDigest {
    /// The checksum of all that was added.
    package private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325
    /// How many were added.
    package private(set) var count: UInt64 = 0

    /// A digest of nothing.
    package init() {}

    /// Adds a row as it was read.
    package mutating func add(number: UInt64, from: Int, to: Int, amount: Int, note: some Collection<UInt8>) {
        count += 1
        for word in [
            number, UInt64(truncatingIfNeeded: from), UInt64(truncatingIfNeeded: to),
            UInt64(truncatingIfNeeded: amount), UInt64(note.count),
        ] {
            for shift in 0..<8 { add(UInt8(truncatingIfNeeded: word >> (8 * UInt64(shift)))) }
        }
        for byte in note { add(byte) }
    }

    /// Adds a transaction as it must be.
    package mutating func add(_ transaction: NumberedTransaction) {
        add(
            number: transaction.number, from: transaction.from, to: transaction.to, amount: transaction.amount,
            note: transaction.note.utf8)
    }

    private mutating func add(_ byte: UInt8) {
        value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }
}
