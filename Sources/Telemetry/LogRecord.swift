/// One message with its values, and the two forms that it is written in.
struct LogRecord: Sendable {
    let level: LogLevel
    let message: String
    let fields: [LogField]

    private static let fieldPrefix = "REPLICACTL_"

    /// The message followed by its values, for a reader: `domain protected: domain=web epoch=12`.
    var text: String {
        guard !fields.isEmpty else { return message }
        let values = fields.map { "\(Self.shortName($0.name))=\(Self.quoted($0.value))" }
        return message + ": " + values.joined(separator: " ")
    }

    /// A line for the standard error output, with the level in front as systemd understands it.
    var line: String { "<\(level.rawValue)>\(text)\n" }

    /// The entry's fields as the journal takes them, `NAME=value` each.
    var journalEntries: [String] {
        [
            "PRIORITY=\(level.rawValue)", "SYSLOG_IDENTIFIER=replicactl", "MESSAGE=\(text)",
            "REPLICACTL_MESSAGE=\(message)",
        ]
            + fields.map { "\($0.name)=\($0.value)" }
    }

    private static func shortName(_ name: String) -> String {
        (name.hasPrefix(fieldPrefix) ? String(name.dropFirst(fieldPrefix.count)) : name).lowercased()
    }

    /// The value as one word: quoted when it holds a space or a quote, and control characters replaced, so that a
    /// value that came from a guest or a peer never makes a line of its own.
    private static func quoted(_ value: String) -> String {
        let clean = String(value.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? " " : Character($0) })
        guard clean.isEmpty || clean.contains(where: { $0 == " " || $0 == "\"" }) else { return clean }
        return "\"" + clean.map { $0 == "\"" ? "\\\"" : String($0) }.joined() + "\""
    }
}
