// Reads the event log: the newest lines of both files, without those that cannot be read, which are counted.

internal import SystemKit

/// Which lines are wanted.
struct EventSelection: Equatable, Sendable {
    /// A domain's name or UUID; `nil` for all lines.
    var subject: String?
    /// Whether lines that concern the whole host come too, where a subject is given.
    var includesHost = false
    /// The earliest wall clock time, in nanoseconds since 1970.
    var since: UInt64 = 0
    /// The most lines.
    var most = Int.max
    /// The most bytes to look at, from the newest on (safety rule 6).
    var byteLimit = Int.max

    /// Whether a line is wanted.
    func takes(_ record: EventRecord) -> Bool {
        if let subject, !record.concerns(subject), !(includesHost && record.concernsHost) { return false }
        return since == 0 || record.moment.wall >= since
    }
}

/// One line of the log, as it stands there and as it was read.
struct EventLine: Sendable {
    let bytes: [UInt8]
    let record: EventRecord
}

/// What was read of the log.
struct EventReading: Sendable {
    /// The wanted lines, the oldest first.
    var lines: [EventLine] = []
    /// Lines that a power cut or a full disk cut short, or that hold something else.
    var damaged = 0
    /// Lines of a newer version's layout.
    var newer = 0
    /// The number of the newest event of all; 0 before the first.
    var newestSequence: UInt64 = 0
    /// Whether older lines were left unread.
    var isBounded = false
    /// Where the current file was read up to, for one who follows it.
    var place = Place()

    /// A place in a file.
    struct Place: Equatable, Sendable {
        /// What tells the file from others; 0 for none.
        var identity: UInt64 = 0
        /// Bytes from its begin.
        var offset = 0
    }

    /// The records alone.
    var records: [EventRecord] { lines.map(\.record) }

    /// What to tell an operator of what is not shown; empty when everything was read.
    var notes: [String] {
        var notes: [String] = []
        if damaged > 0 {
            notes.append("\(damaged) \(damaged == 1 ? "line" : "lines") cut short or damaged, passed over")
        }
        if newer > 0 {
            notes.append("\(newer) \(newer == 1 ? "line" : "lines") of a newer replicactl, passed over")
        }
        return notes
    }

    /// Reads the log of a state directory.
    ///
    /// - Parameters:
    ///   - directory: The state directory.
    ///   - selection: Which lines are wanted.
    /// - Returns: What was read; nothing when there is no log yet.
    /// - Throws: ``SystemKit/SystemError`` when a file cannot be read.
    static func read(_ directory: String, _ selection: EventSelection = EventSelection()) throws(SystemError) -> Self {
        var reading = EventReading()
        var bytes = 0
        // The newer file first: one that becomes the older file meanwhile is then seen twice, not never.
        if let current = try EventFiles.open(EventFiles.current(in: directory)) {
            var reader = try BackwardLineReader(current)
            reading.place = Place(identity: reader.identity, offset: reader.end)
            try reading.take(&reader, selection, &bytes)
        }
        if !reading.isBounded, let older = try EventFiles.open(EventFiles.older(in: directory)) {
            var reader = try BackwardLineReader(older)
            if reader.identity != reading.place.identity { try reading.take(&reader, selection, &bytes) }
        }
        reading.lines.reverse()
        return reading
    }

    private mutating func take(
        _ reader: inout BackwardLineReader, _ selection: EventSelection, _ bytes: inout Int
    ) throws(SystemError) {
        if reader.isTorn { damaged += 1 }
        while let line = try reader.next() {
            bytes += line.count + 1
            guard bytes <= selection.byteLimit, lines.count < selection.most else {
                isBounded = true
                return
            }
            guard let record = decode(line) else { continue }
            if selection.takes(record) { lines.append(EventLine(bytes: line, record: record)) }
        }
    }

    /// The record of a line; `nil` for one that is counted as unreadable.
    mutating func decode(_ line: [UInt8]) -> EventRecord? {
        let record = try? JSONLine.decode(EventRecord.self, from: line)
        if let record, record.version == EventRecord.currentVersion, record.isPlausible {
            newestSequence = max(newestSequence, record.sequence)
            return record
        }
        // A newer version's line is known by its head alone; its number is used, so it is not given out again.
        if let head = try? JSONLine.decode(EventHead.self, from: line), head.version > EventRecord.currentVersion,
            head.sequence <= EventRecord.numberLimit
        {
            newestSequence = max(newestSequence, head.sequence)
            newer += 1
        } else {
            damaged += 1
        }
        return nil
    }
}

/// What every version's line has.
private struct EventHead: Codable {
    var version: Int
    var sequence: UInt64
}
