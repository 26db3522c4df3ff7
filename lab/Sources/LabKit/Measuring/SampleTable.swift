/// Samples that were taken over a while, for plots.
struct SampleTable: Codable, Equatable, Sendable {
    /// What each column is; the names end with their units.
    let columns: [String]
    /// One row a sample, with as many values as there are columns.
    var rows: [[Double]] = []

    /// All values of one column; empty if there is none of that name.
    subscript(_ name: String) -> [Double] {
        guard let index = columns.firstIndex(of: name) else { return [] }
        return rows.map { $0[index] }
    }
}
