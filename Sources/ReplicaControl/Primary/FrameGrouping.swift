// Puts the frames of a record in an order in which those of one shard stand together.

internal import CheckpointStream

/// Groups the frames of one record by their shard, so that each shard's pages are one piece of the record.
///
/// The order within a record means nothing to libxc. It is done while the guest stands still, and costs some nanoseconds
/// for a page that takes hundreds to copy.
struct FrameGrouping: ~Copyable {
    private let shards: UInt32
    private let grouped = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: PageDataLayout.maximumCount)
    /// Where the next frame of each shard goes.
    private let places: UnsafeMutableBufferPointer<Int>

    /// Prepares for records of a layout.
    ///
    /// - Parameter shards: The number of shards, at least 1.
    init(shards: Int) {
        self.shards = UInt32(shards)
        places = .allocate(capacity: shards + 1)
    }

    deinit {
        grouped.deallocate()
        places.deallocate()
    }

    /// Groups frames; their order within a shard stays.
    ///
    /// - Parameter frames: At most ``PageDataLayout/maximumCount`` frames.
    /// - Returns: The same frames, until the next call.
    func group(_ frames: UnsafeBufferPointer<UInt64>) -> UnsafeBufferPointer<UInt64> {
        guard shards > 1 else { return frames }
        places.initialize(repeating: 0)
        for frame in frames { places[shard(of: frame) + 1] += 1 }
        for shard in 1..<places.count { places[shard] += places[shard - 1] }
        for frame in frames {
            let shard = shard(of: frame)
            grouped[places[shard]] = frame
            places[shard] += 1
        }
        return UnsafeBufferPointer(rebasing: grouped[..<frames.count])
    }

    private func shard(of frame: UInt64) -> Int { Int(UInt32(truncatingIfNeeded: frame) % shards) }
}
