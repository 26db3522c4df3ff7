import Heartbeat

/// What the soak found, as it is printed.
struct SoakReport: Encodable {
    struct Host: Encodable {
        var name: String
        /// Whether the service ran under `SCHED_FIFO`.
        var isRealtime: Bool
        var verdictChanges: Int
        var falseDeaths: Int
        var lateness: Histogram
        var paths: [Path]
        /// Datagrams that were refused for any reason but to have come late.
        var refused: UInt64
    }

    /// How late the beats were.
    struct Histogram: Encodable {
        /// The upper bounds of the classes; a last class has the rest.
        var boundsMicroseconds = Lateness.bounds
        var counts: [UInt64]
        var maximumMicroseconds: UInt64
        var graces: UInt64
    }

    struct Path: Encodable {
        var name: String
        var received: UInt64
        var missed: UInt64
        var late: UInt64
        var roundTripMicroseconds: UInt64
        /// What this host sent on the link, most of it to fill it.
        var sentMegabitsPerSecond: Double
    }

    /// From the SIGKILL to the verdict.
    struct Detection: Encodable {
        var count: Int
        var minimumMilliseconds: Double
        var medianMilliseconds: Double
        var ninetiethMilliseconds: Double
        var maximumMilliseconds: Double
        var allMilliseconds: [Double]

        init?(_ nanoseconds: [UInt64]) {
            let all = nanoseconds.map { Double($0 / 10_000) / 100 }.sorted()
            guard let first = all.first, let last = all.last else { return nil }
            count = all.count
            minimumMilliseconds = first
            medianMilliseconds = all[all.count / 2]
            ninetiethMilliseconds = all[min(all.count - 1, all.count * 9 / 10)]
            maximumMilliseconds = last
            allMilliseconds = all
        }
    }

    var seconds: UInt64
    var processors: Int
    /// The part of all processors' time that was used, in percent.
    var busyPercent: Double
    var linkMegabitsPerSecond: UInt64
    var hosts: [Host]
    var detection: Detection?
    /// What is not as it must be; empty when the soak passed.
    var faults: [String] = []

    /// The longest time from a death to the verdict at the default configuration.
    static let longestDetection = 600.0

    /// Compares with what must hold.
    mutating func judge() {
        for host in hosts {
            if host.verdictChanges > 0 { faults.append("\(host.name): \(host.verdictChanges) changes of the verdict") }
            if !host.isRealtime { faults.append("\(host.name): no real-time priority") }
            for path in host.paths where path.sentMegabitsPerSecond < 0.8 * Double(linkMegabitsPerSecond) {
                faults.append("\(host.name): the link \(path.name) was not full")
            }
        }
        if busyPercent < 95 { faults.append("the processors were not busy") }
        if let detection, detection.maximumMilliseconds > Self.longestDetection {
            faults.append("a death was noticed after \(detection.maximumMilliseconds) ms")
        }
    }
}
