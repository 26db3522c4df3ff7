/// What was encoded or decoded, by scheme.
public struct EncodingCounters: Sendable {
    /// What one scheme was used for.
    public struct Tally: Equatable, Sendable {
        /// Pages; each is 4096 bytes of the guest.
        public internal(set) var pages: UInt64 = 0
        /// Bytes of their entries.
        public internal(set) var bytes: UInt64 = 0
    }

    /// Batches.
    public internal(set) var batches: UInt64 = 0
    // By raw value; place 0 stays empty.
    private var tallies = [9 of Tally](repeating: Tally())

    /// Nothing counted yet.
    public init() {}

    /// What one scheme was used for.
    ///
    /// - Parameter scheme: The scheme.
    /// - Returns: Its pages and bytes.
    public subscript(scheme: PageScheme) -> Tally { tallies[Int(scheme.rawValue)] }

    /// Pages of all schemes.
    public var pages: UInt64 { PageScheme.allCases.reduce(0) { $0 + self[$1].pages } }

    /// Bytes of the guest's memory that were encoded or decoded.
    public var plainBytes: UInt64 { pages * UInt64(Page.size) }

    /// Bytes of the encodings, with the headers of the batches.
    public var encodedBytes: UInt64 {
        PageScheme.allCases.reduce(batches * UInt64(EncodedBatch.headerSize)) { $0 + self[$1].bytes }
    }

    /// Adds up two counts, as of two shards.
    ///
    /// - Parameters:
    ///   - left: What is added to.
    ///   - right: What is added.
    public static func += (left: inout EncodingCounters, right: EncodingCounters) {
        left.batches += right.batches
        for scheme in PageScheme.allCases {
            left.tallies[Int(scheme.rawValue)].pages += right[scheme].pages
            left.tallies[Int(scheme.rawValue)].bytes += right[scheme].bytes
        }
    }

    @inline(__always) mutating func count(_ scheme: PageScheme, bytes: Int) {
        tallies[Int(scheme.rawValue)].pages &+= 1
        tallies[Int(scheme.rawValue)].bytes &+= UInt64(bytes)
    }
}
