internal import Glibc
package import GuestSupport

/// Keeps one SSH session to the guest busy for a set time and judges what comes back; never reconnects.
///
/// The remote side is a shell loop that numbers the lines it reads. Neither ssh nor this program has a timeout.
package struct SessionClient {
    /// What to do.
    package struct Options {
        /// The guest's numeric address.
        package let host: String
        /// The port of the ssh server.
        package let port: UInt16
        /// The user to log in as.
        package let user: String
        /// The path of the private key.
        package let key: String
        /// How long to run, in nanoseconds.
        package let duration: UInt64
        /// True to print a line a second.
        package let showsProgress: Bool

        /// Makes the options of one run.
        package init(host: String, port: UInt16, user: String, key: String, duration: UInt64, showsProgress: Bool) {
            self.host = host
            self.port = port
            self.user = user
            self.key = key
            self.duration = duration
            self.showsProgress = showsProgress
        }
    }

    private static let remoteLoop = #"i=0; while read x; do i=$((i+1)); echo "$i $x"; done"#
    private static let linePeriod: UInt64 = 200_000_000
    private static let progressPeriod: UInt64 = 1_000_000_000
    /// Five a second: two minutes of silence, before the client stops sending more.
    private static let maximumPendingLines = 600
    private static let keptErrorBytes = 2048

    private let options: Options
    private let startedWall = Clock.wall()
    private let started = Clock.monotonic()
    private var firstAnswerWall: UInt64?
    private var checker = SessionChecker()
    private var silences: SilenceRecorder
    private var input = LineBuffer(limit: 64 * 1024)
    private var output: [UInt8] = []
    private var errorText: [UInt8] = []

    /// Prepares a run; its time starts now.
    package init(_ options: Options) {
        self.options = options
        silences = SilenceRecorder(monotonic: started, wall: startedWall)
    }

    /// Runs to the end, and returns the result.
    package mutating func run() throws(SystemError) -> (result: JSONValue, isRight: Bool) {
        let signals = try SignalWatch()
        var shell = try SecureShell(
            host: options.host, port: options.port, user: options.user, key: options.key, command: Self.remoteLoop)
        let end = try measure(shell, signals)
        silences.finish(monotonic: Clock.monotonic())
        let endedWall = Clock.wall()
        let duration = Clock.monotonic() - started
        let exitCode = shell.finish()
        _ = takeErrors(shell)
        let isRight = end.leftConnectionUp && checker.answered > 0 && checker.wrong == 0
        let fields: [(String, JSONValue)] = [
            ("program", .text("client-session")),
            ("ok", .boolean(isRight)),
            ("host", .text(options.host)),
            ("connected", .boolean(firstAnswerWall != nil)),
            ("stayed_up", .boolean(end.leftConnectionUp && firstAnswerWall != nil)),
            ("end", .text(end.word)),
            ("end_reason", .optional(end.reason)),
            ("ssh_exit_code", .unsigned(UInt64(exitCode))),
            ("ssh_errors", .text(String(decoding: errorText, as: UTF8.self))),
            ("started_wall_ns", .unsigned(startedWall)),
            ("first_answer_wall_ns", .optional(firstAnswerWall)),
            ("ended_wall_ns", .unsigned(endedWall)),
            ("duration_ns", .unsigned(duration)),
            ("lines_sent", .unsigned(checker.sent)),
            ("lines_answered", .unsigned(checker.answered)),
            ("lines_wrong", .count(checker.wrong)),
            ("first_wrong", .optional(checker.firstWrong)),
            ("lines_pending", .count(checker.pending)),
            ("longest_answer_ns", .unsigned(checker.longestAnswer)),
        ]
        return (.object(fields + silences.jsonFields), isRight)
    }

    private mutating func measure(
        _ shell: borrowing SecureShell, _ signals: borrowing SignalWatch
    ) throws(SystemError) -> MeasurementEnd {
        let stop = started + options.duration
        var nextLine = started
        var nextProgress = started + Self.progressPeriod
        var errorsAreOpen = true
        while true {
            let now = Clock.monotonic()
            if now >= stop { return .time }
            if now >= nextLine {
                nextLine = now + Self.linePeriod
                if mayAsk { output.append(contentsOf: "\(checker.nextLine(at: now))\n".utf8) }
            }
            if options.showsProgress && now >= nextProgress {
                nextProgress = now + Self.progressPeriod
                sayProgress(at: now)
            }
            flush(shell)
            var watched = [
                pollfd(fd: shell.output.raw, events: Int16(POLLIN), revents: 0),
                pollfd(fd: errorsAreOpen ? shell.errors.raw : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: signals.raw, events: Int16(POLLIN), revents: 0),
            ]
            // Lines are due more often than progress, which therefore needs no deadline of its own.
            try Polling.wait(&watched, until: min(nextLine, stop))
            if watched[1].revents != 0 { errorsAreOpen = takeErrors(shell) }
            if watched[0].revents != 0, let end = receive(shell) { return end }
            if watched[2].revents != 0 { return .signal }
        }
    }

    /// Until the first answer one line waits: it goes through as soon as the login is done.
    private var mayAsk: Bool {
        output.isEmpty && checker.pending < (firstAnswerWall == nil ? 1 : Self.maximumPendingLines)
    }

    /// Writes what waits; what the pipe does not take is tried again when the next line is due.
    private mutating func flush(_ shell: borrowing SecureShell) {
        while !output.isEmpty {
            // A child that is gone also ends its output, which `receive` reports.
            guard case .bytes(let written) = output.withUnsafeBytes({ shell.write($0) }) else { return }
            output.removeFirst(written)
        }
    }

    /// Takes and judges all that has come; returns the end of the session when it is over.
    private mutating func receive(_ shell: borrowing SecureShell) -> MeasurementEnd? {
        while true {
            let (transfer, bytes) = shell.output.readBytes(atMost: min(input.room, 16 * 1024))
            switch transfer {
            case .bytes: judge(bytes)
            case .wouldBlock: return nil
            case .end: return firstAnswerWall == nil ? .connectFailed("ssh ended before the first answer") : .closed
            case .failed(let code): return .failed(SystemError(call: "read", code: code).description)
            }
            if input.isOverlong { return .failed("a line of more than \(input.limit) bytes came") }
        }
    }

    private mutating func judge(_ bytes: [UInt8]) {
        let now = Clock.monotonic()
        let wall = Clock.wall()
        if firstAnswerWall == nil {
            // The login is no silence of the session.
            firstAnswerWall = wall
            silences = SilenceRecorder(monotonic: now, wall: wall)
        } else {
            silences.bytesArrived(monotonic: now, wall: wall)
        }
        input.append(bytes)
        while let line = input.nextLine() { checker.receive(line, at: now) }
    }

    /// Takes what ssh has said on its standard error, and returns false once that is closed.
    private mutating func takeErrors(_ shell: borrowing SecureShell) -> Bool {
        while true {
            let (transfer, bytes) = shell.errors.readBytes(atMost: 1024)
            guard case .bytes = transfer else { return transfer == .wouldBlock }
            errorText.append(contentsOf: bytes.prefix(Self.keptErrorBytes - errorText.count))
        }
    }

    private func sayProgress(at now: UInt64) {
        Program.say(
            "progress wall_ns=\(Clock.wall()) sent=\(checker.sent) answered=\(checker.answered)"
                + " wrong=\(checker.wrong) silent_ms=\(silences.current(monotonic: now) / 1_000_000)")
    }
}
