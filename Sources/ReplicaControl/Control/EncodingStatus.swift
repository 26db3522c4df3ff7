internal import CheckpointStream
internal import PageEncoding

/// What encoding made of a domain's pages since its protection began, the first copy included.
public struct EncodingStatus: Codable, Equatable, Sendable {
    /// What one way to write a page was used for.
    public struct Scheme: Codable, Equatable, Sendable {
        /// Its name, as in `docs/page-encoding.md`.
        public var scheme: String
        /// Pages written in this way.
        public var pages: UInt64
        /// Bytes that they became.
        public var bytes: UInt64

        /// Makes an entry.
        public init(scheme: String, pages: UInt64, bytes: UInt64) {
            self.scheme = scheme
            self.pages = pages
            self.bytes = bytes
        }
    }

    /// Caches, and on the primary threads, that work at the same time.
    public var threads: Int
    /// The bound of the pages that are kept to encode against, in bytes.
    public var cacheBytes: UInt64
    /// Bytes of the pages.
    public var rawBytes: UInt64
    /// Bytes that they became, with the headers of their batches.
    public var encodedBytes: UInt64
    /// Bytes that were sent for them: fewer where whole batches are packed.
    public var sentBytes: UInt64
    /// Each way to write a page, also those that were not used.
    public var schemes: [Scheme]

    /// Makes a status.
    public init(
        threads: Int, cacheBytes: UInt64, rawBytes: UInt64, encodedBytes: UInt64, sentBytes: UInt64,
        schemes: [Scheme]
    ) {
        self.threads = threads
        self.cacheBytes = cacheBytes
        self.rawBytes = rawBytes
        self.encodedBytes = encodedBytes
        self.sentBytes = sentBytes
        self.schemes = schemes
    }

    /// What the encoders or decoders of a domain counted.
    init(_ terms: EncodingTerms, _ counters: EncodingCounters, sentBytes: UInt64) {
        self.init(
            threads: Int(terms.shards), cacheBytes: terms.cacheBytes, rawBytes: counters.plainBytes,
            encodedBytes: counters.encodedBytes, sentBytes: sentBytes,
            schemes: PageScheme.allCases.map {
                Scheme(scheme: "\($0)", pages: counters[$0].pages, bytes: counters[$0].bytes)
            })
    }
}
