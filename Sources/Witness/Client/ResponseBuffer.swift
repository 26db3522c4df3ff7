/// Takes the bytes of one answer, up to a bound (safety rule 6).
///
/// A class, because libcurl keeps its address between calls; used by one thread at a time, as its owner is.
final class ResponseBuffer {
    /// The bytes of a body at most: answers to our questions have some hundred.
    static let bodyLimit = 64 * 1024
    /// The bytes of all header lines at most.
    static let headerLimit = 16 * 1024

    private(set) var body: [UInt8] = []
    private(set) var isTooLong = false
    private var headerBytes = 0

    /// Forgets the last answer.
    func clear() {
        body.removeAll(keepingCapacity: true)
        headerBytes = 0
        isTooLong = false
    }

    /// Takes a piece of the body.
    ///
    /// - Returns: `false` to end the transfer.
    func take(body piece: UnsafeRawBufferPointer) -> Bool {
        guard body.count + piece.count <= Self.bodyLimit else {
            isTooLong = true
            return false
        }
        body.append(contentsOf: piece)
        return true
    }

    /// Counts a header line.
    ///
    /// - Returns: `false` to end the transfer.
    func take(headerBytes count: Int) -> Bool {
        headerBytes += count
        if headerBytes > Self.headerLimit { isTooLong = true }
        return !isTooLong
    }
}
