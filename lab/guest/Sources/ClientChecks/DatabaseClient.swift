internal import Glibc
package import GuestSupport

/// Commits numbered transactions over one connection, and at the end asks whether all that were acknowledged are there.
///
/// It never connects twice, and keeps in its own memory what the guest's database has promised.
package struct DatabaseClient {
    /// What to do.
    package struct Options {
        /// The service to connect to.
        package let address: SocketAddress
        /// How long to send transactions, in nanoseconds.
        package let duration: UInt64
        /// How long the questions at the end may take, in nanoseconds.
        package let patience: UInt64
        /// True to print a line a second.
        package let showsProgress: Bool

        /// Makes the options of one run.
        package init(address: SocketAddress, duration: UInt64, patience: UInt64, showsProgress: Bool) {
            self.address = address
            self.duration = duration
            self.patience = patience
            self.showsProgress = showsProgress
        }
    }

    /// What the database said at the end.
    private struct Verdict {
        var integrity: String?
        var digest: String?
        var expectedDigest: String?
    }

    private static let progressPeriod: UInt64 = 1_000_000_000

    private let options: Options
    private let startedWall = Clock.wall()
    private let started = Clock.monotonic()
    private var connectedWall: UInt64?
    private var record = TransactionRecord(after: 0)
    private var verdict = Verdict()
    private var silences: SilenceRecorder
    private var input = LineBuffer()

    /// Prepares a run; its time starts now.
    package init(_ options: Options) {
        self.options = options
        silences = SilenceRecorder(monotonic: started, wall: startedWall)
    }

    /// Runs to the end, and returns the result.
    package mutating func run() throws(SystemError) -> (result: JSONValue, isRight: Bool) {
        let signals = try SignalWatch()
        let connection = try options.address.makeStreamSocket()
        let end = try measure(connection, signals)
        if connectedWall != nil { silences.finish(monotonic: Clock.monotonic()) }
        let isRight =
            end.leftConnectionUp && verdict.integrity == "OK checked"
            && verdict.digest != nil && verdict.digest == verdict.expectedDigest
        return (result(end, isRight: isRight), isRight)
    }

    private mutating func measure(
        _ connection: borrowing FileDescriptor, _ signals: borrowing SignalWatch
    ) throws(SystemError) -> MeasurementEnd {
        let stop = started + options.duration
        if let end = try Waiting.connect(connection, to: options.address, signals: signals, until: stop) { return end }
        connectedWall = Clock.wall()
        silences = SilenceRecorder(monotonic: Clock.monotonic(), wall: Clock.wall())
        let answer = try ask("LAST", connection, until: Clock.monotonic() + options.patience)
        guard let answer, answer.hasPrefix("OK "), let last = UInt64(answer.dropFirst(3)) else {
            return .failed("the database did not say its last number: \(answer ?? "no answer")")
        }
        record = TransactionRecord(after: last)
        let end = try commit(connection, signals, until: stop)
        guard end.leftConnectionUp else { return end }
        return try judge(connection) ? end : .failed("no answer to the questions at the end")
    }

    /// Sends transactions until the time is over or a signal comes, then waits for those that are under way.
    private mutating func commit(
        _ connection: borrowing FileDescriptor, _ signals: borrowing SignalWatch, until stop: UInt64
    ) throws(SystemError) -> MeasurementEnd {
        var end: MeasurementEnd?
        var limit = stop
        var nextProgress = Clock.monotonic() + Self.progressPeriod
        while true {
            let now = Clock.monotonic()
            if options.showsProgress && now >= nextProgress {
                nextProgress = now + Self.progressPeriod
                sayProgress(at: now)
            }
            if end == nil && now >= stop { end = .time }
            if let answer = record.firstWrong { return .failed("not the acknowledgement that was due: \(answer)") }
            if let end {
                if limit == stop { limit = now + options.patience }
                if record.isSettled { return end }
                if now >= limit { return .failed("transactions were not acknowledged in time") }
            }
            while end == nil, let number = record.next(at: now) {
                guard Self.send("PUT \(number)", connection) else { return .closed }
            }
            let deadline = options.showsProgress ? min(limit, nextProgress) : limit
            // A signal stays to be read, and must not be waited for twice.
            let wake =
                try end == .signal
                ? Self.wait(connection, until: deadline)
                : Waiting.wait(connection, for: Int16(POLLIN), signals: signals, until: deadline)
            switch wake {
            case .signal: end = .signal
            case .deadline: continue
            case .ready:
                if let end = receive(connection) { return end }
                while let line = input.nextLine() { record.receive(line, at: Clock.monotonic()) }
            }
        }
    }

    /// Asks for all acknowledged transactions, and for a check of the database.
    ///
    /// - Returns: Whether there were answers.
    private mutating func judge(_ connection: borrowing FileDescriptor) throws(SystemError) -> Bool {
        verdict.expectedDigest = record.expectedDigest
        let until = Clock.monotonic() + options.patience
        verdict.integrity = try ask("CHECK", connection, until: until)
        verdict.digest = try ask("DIGEST 1 \(max(record.acknowledged, 1))", connection, until: until)
        return verdict.integrity != nil && verdict.digest != nil
    }

    private mutating func ask(
        _ question: String, _ connection: borrowing FileDescriptor, until deadline: UInt64
    ) throws(SystemError) -> String? {
        guard Self.send(question, connection) else { return nil }
        while Clock.monotonic() < deadline {
            if let line = input.nextLine() { return line }
            guard try Self.wait(connection, until: deadline) == .ready else { continue }
            if receive(connection) != nil { return input.nextLine() }
        }
        return nil
    }

    private mutating func receive(_ connection: borrowing FileDescriptor) -> MeasurementEnd? {
        let (transfer, bytes) = connection.readBytes(atMost: max(input.room, 1))
        switch transfer {
        case .bytes:
            guard bytes.count <= input.room else { return .failed("a line is too long") }
            silences.bytesArrived(monotonic: Clock.monotonic(), wall: Clock.wall())
            input.append(bytes)
            return input.isOverlong ? .failed("a line of more than \(input.limit) bytes came") : nil
        case .wouldBlock: return nil
        case .end: return .closed
        case .failed(ECONNRESET): return .reset
        case .failed(let code): return .failed(SystemError(call: "read", code: code).description)
        }
    }

    private static func send(_ line: String, _ connection: borrowing FileDescriptor) -> Bool {
        // A few short lines are under way at most: the kernel takes each whole.
        let bytes = Array("\(line)\n".utf8)
        return bytes.withUnsafeBytes({ SocketOption.send(connection, $0) }) == .bytes(bytes.count)
    }

    /// Waits for the connection alone: after the signal that ends the transactions, the answers still count.
    private static func wait(
        _ connection: borrowing FileDescriptor, until deadline: UInt64
    ) throws(SystemError) -> Waiting.Wake {
        var watched = [pollfd(fd: connection.raw, events: Int16(POLLIN), revents: 0)]
        try Polling.wait(&watched, until: deadline)
        return watched[0].revents != 0 ? .ready : .deadline
    }

    private func sayProgress(at now: UInt64) {
        Program.say(
            "progress wall_ns=\(Clock.wall()) acknowledged=\(record.acknowledged) sent=\(record.sent)"
                + " silent_ms=\(silences.current(monotonic: now) / 1_000_000)")
    }

    private func result(_ end: MeasurementEnd, isRight: Bool) -> JSONValue {
        let fields: [(String, JSONValue)] = [
            ("program", .text("client-database")),
            ("ok", .boolean(isRight)),
            ("address", .text(options.address.description)),
            ("connected", .boolean(connectedWall != nil)),
            ("end", .text(end.word)),
            ("end_reason", .optional(end.reason)),
            ("started_wall_ns", .unsigned(startedWall)),
            ("connected_wall_ns", .optional(connectedWall)),
            ("ended_wall_ns", .unsigned(Clock.wall())),
            ("duration_ns", .unsigned(Clock.monotonic() - started)),
            ("committed_before", .unsigned(record.before)),
            ("sent", .unsigned(record.sent)),
            ("acknowledged", .unsigned(record.acknowledged)),
            ("longest_commit_ns", .unsigned(record.longestCommit)),
            ("first_wrong", .optional(record.firstWrong)),
            ("integrity", .optional(verdict.integrity)),
            ("digest", .optional(verdict.digest)),
            ("digest_expected", .optional(verdict.expectedDigest)),
        ]
        return .object(fields + silences.jsonFields)
    }
}
