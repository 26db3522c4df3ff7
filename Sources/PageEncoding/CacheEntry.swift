/// What the cache knows of one of its places.
struct CacheEntry: BitwiseCopyable {
    /// The place used before this one, or ``none``.
    var newer: UInt32
    /// The place used after this one, or ``none``.
    var older: UInt32
    /// The frame's number in its shard, or ``none`` if the place is empty.
    var frame: UInt32
    /// The number of the checkpoint that last used the place; 0 if none did.
    var checkpoint: UInt32

    /// Neither a place nor a frame.
    static let none = UInt32.max
}
