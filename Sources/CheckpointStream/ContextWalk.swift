/// Follows the entries of an HVM context from its header to its end mark, as Xen does when it loads it.
///
/// libxc keeps the context as it is and hands it to Xen at the failover: too late to find that it was cut short.
struct ContextWalk {
    /// What comes after a word.
    enum Step {
        /// So many bytes to pass over, and then the next word.
        case pass(UInt32)
        /// The end mark was the last word.
        case complete
    }

    private enum Expected { case header, magic, entry }

    private var expected = Expected.header
    private var remaining: UInt32 = 0

    /// A walk that has not begun.
    init() {}

    /// Begins at the first byte of a context.
    init(length: UInt32) throws(RecordFault) {
        guard length >= 8 else { throw .context }
        remaining = length
    }

    /// Takes the next eight bytes: an entry's descriptor, or the magic number and version behind the first one.
    mutating func take(_ word: UInt64) throws(RecordFault) -> Step {
        // Every way to get here left room for this word.
        remaining -= 8
        let code = UInt16(truncatingIfNeeded: word)
        let size = UInt32(truncatingIfNeeded: word >> 32)
        switch expected {
        case .header:
            guard code == 1, size == 24, remaining >= 24 + 8 else { throw .context }
            expected = .magic
            return .pass(0)
        case .magic:
            guard word == 1 << 32 | 0x5438_1286 else { throw .context }
            expected = .entry
            remaining -= 16
            return .pass(16)
        case .entry where code == 0:
            guard size == 0, remaining == 0 else { throw .context }
            return .complete
        case .entry:
            guard remaining >= 8, size <= remaining - 8 else { throw .context }
            remaining -= size
            return .pass(size)
        }
    }
}
