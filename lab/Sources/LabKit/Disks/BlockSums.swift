/// The checksums of all blocks of a disk, to compare it with another host's.
struct BlockSums: Equatable, Sendable {
    /// Bytes in a block.
    static let blockBytes = 4096

    /// The checksum of each block.
    let sums: [Substring]

    /// Reads the output of ``script``.
    init(output: String) {
        sums = output.split(separator: "\n")
    }

    /// A Python program for a host that prints the checksum of each block of the disk that is its argument, one a line.
    ///
    /// It reads past the page cache, which does not hear of what DRBD writes below it.
    static let script = """
        import mmap, os, sys, zlib
        disk = os.open(sys.argv[1], os.O_RDONLY | os.O_DIRECT)
        piece = mmap.mmap(-1, 1 << 20)
        while True:
            count = os.readv(disk, [piece])
            if count == 0:
                break
            memory = memoryview(piece)
            print("\\n".join("%x" % zlib.crc32(memory[i:i + \(blockBytes)]) for i in range(0, count, \(blockBytes))))
        """

    /// Compares with another disk.
    ///
    /// - Parameter other: The other disk's checksums.
    /// - Returns: The blocks that differ, or that only one has, as ranges.
    func differences(from other: BlockSums) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        for block in 0..<max(sums.count, other.sums.count) {
            let isSame = block < sums.count && block < other.sums.count && sums[block] == other.sums[block]
            if isSame { continue }
            if let last = ranges.last, last.upperBound == block {
                ranges[ranges.count - 1] = last.lowerBound..<block + 1
            } else {
                ranges.append(block..<block + 1)
            }
        }
        return ranges
    }
}
