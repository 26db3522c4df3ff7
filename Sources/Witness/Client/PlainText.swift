/// Makes a stranger's words fit for a log.
enum PlainText {
    private static let limit = 200

    /// The beginning of a text on one line, without control characters.
    static func short(_ text: some StringProtocol) -> String {
        let scalars = text.unicodeScalars.prefix(limit).map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }
        return String(String.UnicodeScalarView(scalars))
    }
}
