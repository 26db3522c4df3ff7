/// What a host has used since it booted, as Xen and its network card count it.
struct HostUsage: Equatable, Sendable {
    /// When this was read, in seconds since 1970 of the host's clock.
    let time: Double
    /// Processor time of each domain, in seconds.
    let processorTime: [String: Double]
    /// Bytes sent on the replication network.
    let sentBytes: Double

    /// Prints everything for ``init(_:)`` on a host.
    static let script = """
        echo "time $EPOCHREALTIME"; echo "sent $(cat /sys/class/net/eth1/statistics/tx_bytes)"; xl list
        """

    /// Reads what ``script`` prints.
    ///
    /// - Parameter output: All of its lines; `nil` comes of anything that lacks a part.
    init?(_ output: String) {
        var (time, sent): (Double?, Double?)
        var processorTime: [String: Double] = [:]
        for line in output.split(separator: "\n") {
            let words = line.split(separator: " ")
            switch words.first {
            case "time": time = Double(words[words.count - 1])
            case "sent": sent = Double(words[words.count - 1])
            case "Name", nil: break
            case let name?:
                // Name, number, memory, processors, state, seconds.
                guard words.count == 6, let seconds = Double(words[5]) else { continue }
                processorTime[String(name)] = seconds
            }
        }
        guard let time, let sent, processorTime["Domain-0"] != nil else { return nil }
        self.time = time
        self.processorTime = processorTime
        sentBytes = sent
    }

    /// How much of one processor a domain used since an earlier reading, in percent.
    func percent(_ domain: String, since before: HostUsage) -> Double? {
        guard let now = processorTime[domain], let then = before.processorTime[domain] else { return nil }
        return (now - then) / (time - before.time) * 100
    }

    /// Bytes a second on the replication network since an earlier reading.
    func sentPerSecond(since before: HostUsage) -> Double { (sentBytes - before.sentBytes) / (time - before.time) }
}
