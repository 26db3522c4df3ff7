internal import CSystemd
internal import Glibc

/// Where records go.
enum LogDestination: Sendable {
    /// The systemd journal, with every value as a field of its own.
    case journal
    /// A descriptor of this process that stays open, one line a record.
    case descriptor(Int32)

    /// The journal when the standard error output is connected to it, as in a service; otherwise that output.
    static func detected() -> LogDestination {
        guard let stream = getenv("JOURNAL_STREAM") else { return .descriptor(STDERR_FILENO) }
        // A process that redirected its output inherits the variable, so device and inode are compared too.
        let numbers = String(cString: stream).split(separator: ":")
        var status = stat()
        guard numbers.count == 2, fstat(STDERR_FILENO, &status) == 0, UInt64(numbers[0]) == UInt64(status.st_dev),
            UInt64(numbers[1]) == UInt64(status.st_ino)
        else { return .descriptor(STDERR_FILENO) }
        return .journal
    }

    func write(_ record: LogRecord) {
        switch self {
        case .journal:
            if !Self.send(record.journalEntries) { Self.put(record.line, on: STDERR_FILENO) }
        case .descriptor(let number):
            Self.put(record.line, on: number)
        }
    }

    /// Sends one entry; false when the journal did not take it.
    private static func send(_ entries: [String]) -> Bool {
        var bytes: [UInt8] = []
        var ends: [Int] = []
        for entry in entries {
            bytes.append(contentsOf: entry.utf8)
            ends.append(bytes.count)
        }
        return bytes.withUnsafeMutableBytes { buffer in
            var start = 0
            var vectors: [iovec] = []
            for end in ends {
                let part = UnsafeMutableRawBufferPointer(rebasing: buffer[start..<end])
                vectors.append(iovec(iov_base: part.baseAddress, iov_len: part.count))
                start = end
            }
            return sd_journal_sendv(vectors, Int32(vectors.count)) == 0
        }
    }

    /// One write a line, so that lines of several threads stay whole; what cannot be written is lost, never an error.
    private static func put(_ line: String, on descriptor: Int32) {
        var line = line
        line.withUTF8 { _ = Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }
}
