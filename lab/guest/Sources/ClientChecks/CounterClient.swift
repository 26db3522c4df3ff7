internal import Glibc
package import GuestSupport

/// Holds one TCP connection to the guest's counter for a set time and judges all that it brings; never reconnects.
///
/// It has no timeouts of its own: while the guest is silent it waits, for as long as the kernel keeps the connection.
package struct CounterClient: LineExchange {
    /// What to do.
    package struct Options {
        /// The service to connect to.
        package let address: SocketAddress
        /// How long to run, in nanoseconds.
        package let duration: UInt64
        /// True to send an echo request twice a second.
        package let sendsEchoes: Bool
        /// True when other clients use the same service.
        package let isShared: Bool
        /// The milliseconds between lines to ask the service for, or nil for the service's own.
        package let milliseconds: Int?
        /// True to print a line a second.
        package let showsProgress: Bool

        /// Makes the options of one run.
        package init(
            address: SocketAddress, duration: UInt64, sendsEchoes: Bool, isShared: Bool, milliseconds: Int?,
            showsProgress: Bool
        ) {
            self.address = address
            self.duration = duration
            self.sendsEchoes = sendsEchoes
            self.isShared = isShared
            self.milliseconds = milliseconds
            self.showsProgress = showsProgress
        }
    }

    private static let echoPeriod: UInt64 = 500_000_000
    private static let progressPeriod: UInt64 = 1_000_000_000
    /// Two a second: two minutes of silence, before the client stops asking for more.
    private static let maximumPendingEchoes = 240

    private let options: Options
    private let startedWall = Clock.wall()
    private let started = Clock.monotonic()
    private var connectedWall: UInt64?
    private var checker = CounterChecker()
    private var silences: SilenceRecorder
    private(set) var input = LineBuffer(limit: 64 * 1024)
    var output: [UInt8] = []

    /// Prepares a run; its time starts now.
    package init(_ options: Options) {
        self.options = options
        silences = SilenceRecorder(monotonic: started, wall: startedWall)
    }

    /// Runs to the end, and returns the result.
    package mutating func run() throws(SystemError) -> (result: JSONValue, isRight: Bool) {
        let signals = try SignalWatch()
        let end = try measure(signals)
        let isRight = end.leftConnectionUp && checker.isRight(shared: options.isShared)
        if connectedWall != nil { silences.finish(monotonic: Clock.monotonic()) }
        return (result(end, isRight: isRight), isRight)
    }

    private mutating func measure(_ signals: borrowing SignalWatch) throws(SystemError) -> MeasurementEnd {
        let stop = started + options.duration
        let connection = try options.address.makeStreamSocket()
        if let end = try Waiting.connect(connection, to: options.address, signals: signals, until: stop) { return end }
        let connected = Clock.monotonic()
        connectedWall = Clock.wall()
        silences = SilenceRecorder(monotonic: connected, wall: Clock.wall())
        if options.showsProgress { Program.say("connected wall_ns=\(Clock.wall())") }
        if let milliseconds = options.milliseconds { output.append(contentsOf: "RATE \(milliseconds)\n".utf8) }
        var nextEcho = connected
        var nextProgress = connected + Self.progressPeriod
        while true {
            let now = Clock.monotonic()
            if now >= stop { return .time }
            if options.sendsEchoes && now >= nextEcho {
                nextEcho = now + Self.echoPeriod
                askForEcho(at: now)
            }
            if options.showsProgress && now >= nextProgress {
                nextProgress = now + Self.progressPeriod
                sayProgress(at: now)
            }
            if let end = flush(connection) { return end }
            var deadline = stop
            if options.sendsEchoes { deadline = min(deadline, nextEcho) }
            if options.showsProgress { deadline = min(deadline, nextProgress) }
            var events = Int16(POLLIN)
            if !output.isEmpty { events |= Int16(POLLOUT) }
            switch try Waiting.wait(connection, for: events, signals: signals, until: deadline) {
            case .signal: return .signal
            case .deadline: continue
            case .ready: if let end = receive(connection) { return end }
            }
        }
    }

    private mutating func askForEcho(at now: UInt64) {
        guard checker.echoesPending < Self.maximumPendingEchoes else { return }
        let text = "request \(checker.echoesSent + 1)"
        checker.echoSent(text, at: now)
        output.append(contentsOf: "ECHO \(text)\n".utf8)
    }

    mutating func judge(_ bytes: [UInt8]) {
        let now = Clock.monotonic()
        silences.bytesArrived(monotonic: now, wall: Clock.wall())
        input.append(bytes)
        while let line = input.nextLine() { checker.receive(line, at: now) }
    }

    private func sayProgress(at now: UInt64) {
        Program.say(
            "progress wall_ns=\(Clock.wall()) lines=\(checker.lines) value=\(checker.lastValue ?? 0)"
                + " gaps=\(checker.gaps) backward=\(checker.backwardSteps)"
                + " silent_ms=\(silences.current(monotonic: now) / 1_000_000)")
    }

    private func result(_ end: MeasurementEnd, isRight: Bool) -> JSONValue {
        let fields: [(String, JSONValue)] = [
            ("program", .text("client-counter")),
            ("ok", .boolean(isRight)),
            ("address", .text(options.address.description)),
            ("shared", .boolean(options.isShared)),
            ("connected", .boolean(connectedWall != nil)),
            ("end", .text(end.word)),
            ("end_reason", .optional(end.reason)),
            ("started_wall_ns", .unsigned(startedWall)),
            ("connected_wall_ns", .optional(connectedWall)),
            ("ended_wall_ns", .unsigned(Clock.wall())),
            ("duration_ns", .unsigned(Clock.monotonic() - started)),
            ("lines", .count(checker.lines)),
            ("first_value", .optional(checker.firstValue)),
            ("last_value", .optional(checker.lastValue)),
            ("gaps", .count(checker.gaps)),
            ("missing_values", .unsigned(checker.missingValues)),
            ("backward_steps", .count(checker.backwardSteps)),
            ("guest_clock_backward_steps", .count(checker.guestClockBackwardSteps)),
            ("malformed", .count(checker.malformed)),
            ("first_malformed", .optional(checker.firstMalformed)),
            ("echoes_sent", .count(checker.echoesSent)),
            ("echoes_answered", .count(checker.echoesAnswered)),
            ("echoes_wrong", .count(checker.echoesWrong)),
            ("echoes_pending", .count(checker.echoesPending)),
            ("longest_echo_ns", .unsigned(checker.longestEcho)),
        ]
        return .object(fields + silences.jsonFields)
    }
}
