/// Lays out rows so that their columns stand below each other.
enum TextTable {
    /// The rows as lines, with two spaces between columns and none at the end of a line.
    static func render(rows: [[String]]) -> [String] {
        var widths: [Int] = []
        return render(rows: rows, widths: &widths)
    }

    /// The rows as lines of a table that goes on.
    ///
    /// - Parameters:
    ///   - rows: The next rows.
    ///   - widths: How wide the columns are so far; they only grow.
    /// - Returns: A line for each row.
    static func render(rows: [[String]], widths: inout [Int]) -> [String] {
        for row in rows {
            for (column, cell) in row.enumerated() {
                if column == widths.count { widths.append(0) }
                widths[column] = max(widths[column], cell.count)
            }
        }
        return rows.map { row in
            var line = ""
            for (cell, width) in zip(row, widths) {
                line += cell + String(repeating: " ", count: width - cell.count + 2)
            }
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }
}
