/// How both hosts encode the pages of one domain: what they must have alike.
public struct EncodingTerms: Equatable, Sendable {
    /// How many caches there may be.
    public static let shardLimits: ClosedRange<UInt16> = 1...64

    /// What is done to whole batches.
    public enum Packing: UInt8, Sendable {
        /// Nothing.
        case none = 1
        /// They are packed with zstd, where that makes them smaller.
        case zstd = 2
    }

    /// Caches that work at the same time; a frame belongs to the one that is its number modulo this.
    public var shards: UInt16
    /// The pages that each host keeps in all caches together, in bytes; 0 for none.
    public var cacheBytes: UInt64
    /// What is done to whole batches.
    public var packing: Packing

    /// Makes terms.
    public init(shards: UInt16, cacheBytes: UInt64, packing: Packing = .none) {
        self.shards = shards
        self.cacheBytes = cacheBytes
        self.packing = packing
    }

    /// Reads terms, or that pages are not encoded.
    static func read(from payload: inout PayloadReader) throws(StreamError) -> EncodingTerms? {
        let shards = try payload.integer(UInt16.self)
        let cacheBytes = try payload.integer(UInt64.self)
        let packing = try payload.integer(UInt8.self)
        guard shards != 0 else {
            guard cacheBytes == 0, packing == 0 else { throw .malformed(payload.type, .value(.encoding)) }
            return nil
        }
        guard shardLimits.contains(shards), let packing = Packing(rawValue: packing) else {
            throw .malformed(payload.type, .value(.encoding))
        }
        return EncodingTerms(shards: shards, cacheBytes: cacheBytes, packing: packing)
    }

    /// Writes terms, or 0 for all of them where pages are not encoded.
    static func write(_ terms: EncodingTerms?, to payload: inout PayloadWriter) throws(StreamError) {
        guard terms.map({ shardLimits.contains($0.shards) }) ?? true else {
            throw .malformed(payload.type, .value(.encoding))
        }
        payload.integer(terms?.shards ?? 0)
        payload.integer(terms?.cacheBytes ?? 0)
        payload.integer(terms?.packing.rawValue ?? 0)
    }
}
