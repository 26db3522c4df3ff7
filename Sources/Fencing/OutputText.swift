/// Makes what an agent printed fit for a log.
enum OutputText {
    /// The characters that are shown at most: the last ones, where the cause is told.
    private static let limit = 1000
    /// Values shorter than this are in every text by chance.
    private static let shortestSecret = 4

    /// One line of printable text, in which the agent's own settings are not shown: one of them is a password.
    static func plain(_ bytes: [UInt8], without secrets: [String]) -> String {
        var text = String(decoding: bytes, as: UTF8.self)
        for secret in secrets where secret.utf8.count >= shortestSecret { text = text.replacing(secret, with: "***") }
        let words = text.split { $0.isWhitespace || $0.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F } }
        return String(words.joined(separator: " ").suffix(limit))
    }
}
