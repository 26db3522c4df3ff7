// Writes events for people: one row each, with the reason's own sentence at its end.

internal import ReplicaModel

/// Lays rows out under each other, also those that come later.
struct EventText: Sendable {
    private static let header = ["TIME", "HOST", "DOMAIN", "ROLE", "STATE", "REASON", "GEN", "EPOCH", "MEANING"]
    private var widths: [Int] = []
    private var hasHeader = false

    /// The lines of some events; the first ones come with a header.
    mutating func lines(_ records: [EventRecord]) -> [String] {
        var rows: [[String]] = hasHeader ? [] : [Self.header]
        hasHeader = true
        rows += records.flatMap(Self.rows)
        return TextTable.render(rows: rows, widths: &widths)
    }

    private static func rows(_ record: EventRecord) -> [[String]] {
        var rows: [[String]] = []
        if let lost = record.lost {
            rows.append(["", record.host, "-", "", "", "", "", "", "\(lost) events before this could not be written."])
        }
        rows.append([
            time(record.time), record.host, clean(record.name ?? "-"), record.role, states(record), record.reason,
            number(record.generation), number(record.epoch), sentence(record),
        ])
        return rows
    }

    /// `armed > activating`, or the one word where nothing changed.
    static func states(_ record: EventRecord) -> String {
        let words = [record.before, record.after].compactMap { $0 }.filter { $0 != StateWord.none }
        guard words.count == 2, words[0] != words[1] else { return clean(words.last ?? "-") }
        return clean("\(words[0]) > \(words[1])")
    }

    /// What happened, in a sentence, with what the event adds to it.
    static func sentence(_ record: EventRecord) -> String {
        let meaning = record.reasonCode?.meaning ?? "A reason that this version does not know."
        let begin =
            switch record.kind {
            case Decision.Kind.failure.rawValue: "FAILURE: "
            case Decision.Kind.begin.rawValue: "Begin: "
            case Decision.Kind.end.rawValue: "End: "
            default: ""
            }
        return clean(begin + meaning + (record.detail.map { " (\($0))" } ?? ""))
    }

    /// `2026-11-20T09:41:57.197Z` as `2026-11-20 09:41:57.197Z`.
    static func time(_ text: String) -> String { String(text.map { $0 == "T" ? " " : $0 }) }

    /// A text that came from a guest or a peer, on one line and without anything that a terminal obeys.
    static func clean(_ text: String) -> String {
        String(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : Character($0) })
    }

    private static func number(_ number: UInt64?) -> String { number.map(String.init) ?? "-" }
}
