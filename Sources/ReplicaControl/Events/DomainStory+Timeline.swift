// What happened to a domain in order, from the last protected moment on, and what was decided not to do.

internal import ReplicaModel

extension DomainStory {
    /// The most steps that are told; of more, the first and the last ones.
    private static let stepLimit = 40
    /// What the host saw so long before the first event of an interruption may be its cause, in nanoseconds.
    private static let prelude: UInt64 = 60_000_000_000

    /// One thing that happened.
    private struct Step {
        var moment: Moment
        var word: String
        var sentence: String
        /// Whether it is something that was decided not to do.
        var isRefusal = false
    }

    /// The part of the events that is told.
    private struct Chapter {
        var title: String
        var records: [EventRecord]
    }

    /// The section, with its title and an empty line behind it.
    var timelineLines: [String] {
        let chapter = self.chapter
        let steps = self.steps(chapter.records)
        guard let first = steps.first else { return [chapter.title, "  Nothing that the event log knows of.", ""] }
        var rows = steps.map { step in
            [
                "  " + String(Timestamp.rfc3339(wall: step.moment.wall).dropFirst(11)),
                "+\(step.moment.nanoseconds(since: first.moment) / 1_000_000) ms", step.word, step.sentence,
            ]
        }
        if rows.count > Self.stepLimit {
            let left = rows.count - Self.stepLimit
            let half = Self.stepLimit / 2
            let note = ["  ...", "", "", "\(left) more; see `replicactl events --domain \(subject)`"]
            rows.replaceSubrange(half..<(rows.count - half), with: [note])
        }
        let day = Timestamp.rfc3339(wall: first.moment.wall).prefix(10)
        var lines = ["\(chapter.title) (\(day))"] + TextTable.render(rows: rows) + ["", "What was not done, and why"]
        let refusals = steps.filter(\.isRefusal)
        if refusals.isEmpty { lines.append("  Nothing was held back.") }
        for refusal in refusals {
            lines.append(
                "  \(Timestamp.rfc3339(wall: refusal.moment.wall).dropFirst(11)): \(refusal.sentence)")
        }
        return lines + [""]
    }

    /// From the last protected moment to now; where the domain is protected now, the last time that it was not.
    private var chapter: Chapter {
        let states = own.compactMap { record in State(record).map { (record, $0) } }
        guard let last = states.last else { return Chapter(title: "What happened", records: window(from: 0)) }
        // A refusal or a failure while the guest is covered is where a story begins, not where the last one ended.
        let calm = states.indices.filter { states[$0].1.isCovered && !states[$0].0.isTrouble }
        guard let newest = calm.last else { return Chapter(title: "What happened", records: window(from: 0)) }
        if newest < states.count - 1 {
            let title = last.1.isCovered ? "undisturbed" : "protected"
            return Chapter(
                title: "What happened since the last \(title) moment",
                records: window(from: states[newest].0.sequence + 1))
        }
        guard let trouble = states.indices.last(where: { !calm.contains($0) }) else {
            return Chapter(title: "What happened", records: window(from: 0))
        }
        let end = states[trouble + 1].0.sequence
        guard let before = calm.last(where: { $0 < trouble }) else {
            return Chapter(title: "How it came to be protected", records: window(from: 0, to: end))
        }
        return Chapter(
            title: "The last interruption", records: window(from: states[before].0.sequence + 1, to: end))
    }

    /// The domain's events of a range of numbers, and what the host saw in that time and just before.
    private func window(from begin: UInt64, to end: UInt64 = .max) -> [EventRecord] {
        let part = own.filter { (begin...max(begin, end)).contains($0.sequence) }
        guard let first = part.first else { return [] }
        let earliest = first.moment.before(Self.prelude)
        return records.filter { record in
            if record.concerns(subject) { return (begin...max(begin, end)).contains(record.sequence) }
            guard (begin...max(begin, end)).contains(record.sequence) else { return false }
            if record.sequence > first.sequence || record.role == Decision.Role.controller.rawValue { return true }
            return record.moment.run == earliest.run && record.moment.monotonic >= earliest.monotonic
        }
    }

    private func steps(_ records: [EventRecord]) -> [Step] {
        // The end of a session repeats what its last decision said.
        let told = records.filter { $0.kind != Decision.Kind.end.rawValue || $0.concernsHost }
        let steps = told.flatMap { record in record.takeover.map { takeover(record, $0) } ?? [step(record)] }
        return steps.enumerated().sorted { left, right in
            let (a, b) = (left.element.moment, right.element.moment)
            if a.run == b.run, a.monotonic != b.monotonic { return a.monotonic < b.monotonic }
            return a.run == b.run ? left.offset < right.offset : a.run < b.run
        }.map(\.element)
    }

    /// The end of a takeover tells its steps, which the wall clock of one host has measured within a second or so.
    private func takeover(_ record: EventRecord, _ takeover: TakeoverRecord) -> [Step] {
        let end = takeover.announced ?? takeover.activated ?? takeover.decided
        let times: [(UInt64?, String, String)] = [
            (takeover.lastHeard, "cut", "The last checkpoint traffic of \(peer) came in."),
            (takeover.disksTaken, "disks taken", "The disks were of the memory's epoch, and this host's to write."),
            (takeover.assembled, "assembled", "The replica's memory and processors were in place."),
            (takeover.restored, "restored", "The replica was whole, and still paused."),
            (takeover.activated, "activated", "The guest ran here."),
            (takeover.announced, "announced", "The network was told where the guest is now."),
        ]
        return times.compactMap { time, word, sentence in
            time.map { Step(moment: record.moment.before(end > $0 ? end - $0 : 0), word: word, sentence: sentence) }
        }
    }

    private func step(_ record: EventRecord) -> Step {
        let isRefusal = record.isRefusal
        return Step(
            moment: record.moment, word: isRefusal ? "held back" : record.stepWord,
            sentence: EventText.sentence(record) + " [\(record.reason)]", isRefusal: isRefusal)
    }
}

extension EventRecord {
    /// A decision that left everything as it was says why something was not done, except for those that announce a
    /// move, or change the guest's processor time.
    fileprivate var isRefusal: Bool {
        guard kind == Decision.Kind.decision.rawValue, before == after, domain != nil else { return false }
        let done: [ReasonCode] = [.lanLost, .switchover, .guestThrottled, .throttleLifted]
        return role == Decision.Role.primary.rawValue || role == Decision.Role.backup.rawValue
            ? !done.map(\.rawValue).contains(reason) : false
    }

    /// Whether something went wrong, or was not done.
    fileprivate var isTrouble: Bool { isRefusal || kind == Decision.Kind.failure.rawValue }

    /// What sort of step it was, in a word.
    fileprivate var stepWord: String {
        switch kind {
        case Decision.Kind.failure.rawValue: return "failure"
        case Decision.Kind.begin.rawValue: return "begin"
        case Decision.Kind.end.rawValue: return "end"
        default: break
        }
        switch role {
        case Decision.Role.operator.rawValue: return "asked"
        case Decision.Role.heartbeat.rawValue: return reasonCode == .peerDead ? "detected" : "seen"
        default: break
        }
        if after == StateWord.activating { return "decided" }
        return before == after ? "decided" : after ?? "decided"
    }
}
