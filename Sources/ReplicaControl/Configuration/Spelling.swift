/// Finds what a mistyped word may have meant.
enum Spelling {
    /// `; did you mean "…"?` or nothing.
    static func suggestion(for word: String, among known: [String]) -> String {
        // A word that was cut short, such as a name without its unit.
        if word.count >= 4, let longer = known.first(where: { $0.hasPrefix(word) }) {
            return "; did you mean \"\(longer)\"?"
        }
        let limit = max(2, word.count / 3)
        let best = known.map { ($0, distance(word, $0)) }.min { ($0.1, $0.0) < ($1.1, $1.0) }
        guard let best, best.1 <= limit, best.1 < best.0.count else { return "" }
        return "; did you mean \"\(best.0)\"?"
    }

    /// The number of letters to add, to drop, to change or to swap with the next one.
    static func distance(_ left: String, _ right: String) -> Int {
        // Long words are no typing errors of ours; the bound keeps the table small.
        let a = Array(left.utf8.prefix(64))
        let b = Array(right.utf8.prefix(64))
        var rows = [[Int]](repeating: [Int](repeating: 0, count: b.count + 1), count: a.count + 1)
        for column in 0...b.count { rows[0][column] = column }
        for row in 0...a.count { rows[row][0] = row }
        for row in stride(from: 1, through: a.count, by: 1) {
            for column in stride(from: 1, through: b.count, by: 1) {
                let change = a[row - 1] == b[column - 1] ? 0 : 1
                var best = min(
                    rows[row - 1][column] + 1, rows[row][column - 1] + 1, rows[row - 1][column - 1] + change)
                if row > 1, column > 1, a[row - 1] == b[column - 2], a[row - 2] == b[column - 1] {
                    best = min(best, rows[row - 2][column - 2] + 1)
                }
                rows[row][column] = best
            }
        }
        return rows[a.count][b.count]
    }
}
