internal import Glibc
package import GuestSupport

/// Asks a service of the guest over one connection, and measures how long each answer takes; never reconnects.
package struct LatencyClient: LineExchange {
    /// What to do.
    package struct Options {
        /// What to ask.
        package let load: LatencyLoad
        /// The service to connect to.
        package let address: SocketAddress
        /// How long to run, in nanoseconds.
        package let duration: UInt64
        /// Nanoseconds from one request to the next; 0 asks as soon as there is room.
        package let period: UInt64
        /// The most requests without an answer.
        package let outstanding: Int

        /// Makes the options of one run.
        package init(load: LatencyLoad, address: SocketAddress, duration: UInt64, period: UInt64, outstanding: Int) {
            self.load = load
            self.address = address
            self.duration = duration
            self.period = period
            self.outstanding = outstanding
        }
    }

    /// How long those under way are waited for at the end, in nanoseconds.
    private static let patience: UInt64 = 5_000_000_000

    private let options: Options
    private let started = Clock.monotonic()
    private var record = LatencyRecord()
    private(set) var input = LineBuffer(limit: 64 * 1024)
    var output: [UInt8] = []
    /// When each request under way was due, the oldest first; its number follows from the count of answers.
    private var pending: [UInt64] = []
    private var sent: UInt64 = 0
    private var wrong = 0
    private var firstWrong: String?
    private var firstSent: UInt64?
    private var lastAnswer: UInt64?

    /// Prepares a run; its time starts now.
    package init(_ options: Options) { self.options = options }

    /// Runs to the end, and returns the result.
    package mutating func run() throws(SystemError) -> (result: JSONValue, isRight: Bool) {
        let signals = try SignalWatch()
        let end = try measure(signals)
        let isRight = end.leftConnectionUp && wrong == 0 && record.count > 0
        return (result(end, isRight: isRight), isRight)
    }

    private mutating func measure(_ signals: borrowing SignalWatch) throws(SystemError) -> MeasurementEnd {
        let stop = started + options.duration
        let connection = try options.address.makeStreamSocket()
        if let end = try Waiting.connect(connection, to: options.address, signals: signals, until: stop) { return end }
        if let opening = options.load.opening { output.append(contentsOf: "\(opening)\n".utf8) }
        var due = Clock.monotonic()
        var isEnding: MeasurementEnd?
        var deadline = stop
        while true {
            let now = Clock.monotonic()
            if now >= deadline || isEnding != nil && pending.isEmpty {
                guard isEnding == nil, !pending.isEmpty else { return isEnding ?? .time }
                isEnding = .time
                deadline = now + Self.patience
            }
            if isEnding == nil { due = ask(now, due) }
            if let end = flush(connection) { return end }
            var wake = deadline
            if isEnding == nil, pending.count < options.outstanding { wake = min(wake, due) }
            var events = Int16(POLLIN)
            if !output.isEmpty { events |= Int16(POLLOUT) }
            switch try Waiting.wait(connection, for: events, signals: signals, until: wake) {
            case .signal:
                guard isEnding == nil, !pending.isEmpty else { return .signal }
                isEnding = .signal
                deadline = min(deadline, now + Self.patience)
            case .deadline: continue
            case .ready: if let end = receive(connection) { return end }
            }
        }
    }

    /// Sends what is due, as far as there is room.
    ///
    /// - Returns: When the next one is due: late requests keep the time at which they were due, so that a service that
    ///   stands still is not asked less often than it should have been.
    private mutating func ask(_ now: UInt64, _ due: UInt64) -> UInt64 {
        var due = options.period == 0 ? now : due
        while due <= now, pending.count < options.outstanding {
            sent += 1
            firstSent = firstSent ?? now
            pending.append(due)
            output.append(contentsOf: "\(options.load.request(sent))\n".utf8)
            if options.period > 0 { due += options.period }
        }
        return due
    }

    mutating func judge(_ bytes: [UInt8]) {
        let now = Clock.monotonic()
        input.append(bytes)
        while let line = input.nextLine() {
            let number = UInt64(record.count) + 1
            guard let isRight = options.load.judge(line, number: number), !pending.isEmpty else { continue }
            record.add(now - pending.removeFirst())
            lastAnswer = now
            guard !isRight else { continue }
            wrong += 1
            firstWrong = firstWrong ?? line
        }
    }

    private func result(_ end: MeasurementEnd, isRight: Bool) -> JSONValue {
        let span = max(lastAnswer ?? 0, firstSent ?? 0) - (firstSent ?? 0)
        let fields: [(String, JSONValue)] = [
            ("program", .text("client-latency")), ("load", .text(options.load.rawValue)), ("ok", .boolean(isRight)),
            ("end", .text(end.word)), ("end_reason", .optional(end.reason)),
            ("duration_ns", .unsigned(Clock.monotonic() - started)), ("asking_ns", .unsigned(span)),
            ("sent", .unsigned(sent)), ("wrong", .count(wrong)), ("first_wrong", .optional(firstWrong)),
        ]
        return .object(fields + record.jsonFields)
    }
}
