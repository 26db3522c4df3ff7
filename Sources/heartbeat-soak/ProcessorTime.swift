import Glibc

/// How busy all processors were since the start of the host.
struct ProcessorTime {
    private var total: UInt64 = 0
    private var idle: UInt64 = 0

    /// Reads it from the kernel.
    init() throws(SoakError) {
        guard let file = fopen("/proc/stat", "re") else { throw .failed("open /proc/stat", "it failed") }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 512)
        guard fgets(&line, Int32(line.count), file) != nil else { throw .failed("read /proc/stat", "it is empty") }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let numbers = text.split(separator: " ").compactMap { UInt64($0) }
        guard numbers.count >= 8 else { throw .failed("read /proc/stat", text) }
        // user, nice, system, idle, waiting for disks, interrupts, soft interrupts, stolen; what follows is counted in.
        total = numbers[..<8].reduce(0, +)
        idle = numbers[3] + numbers[4]
    }

    /// The part of the time since an earlier reading that was used, in percent.
    func busyPercent(since earlier: ProcessorTime) -> Double {
        let all = Double(total - earlier.total)
        return all > 0 ? 100 * (1 - Double(idle - earlier.idle) / all) : 0
    }
}
