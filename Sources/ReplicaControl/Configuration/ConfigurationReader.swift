/// Walks one document, fills sections, and gathers every problem on the way.
struct ConfigurationReader {
    let file: String
    private(set) var problems: [ConfigurationError.Problem] = []
    /// Where each key stands that the file sets, by its path.
    private var places: [String: TomlPlace] = [:]

    init(file: String) { self.file = file }

    /// Notes a problem.
    mutating func note(_ message: String, at place: TomlPlace) {
        problems.append(.init(file: file, line: place.line, column: place.column, message: message))
    }

    /// Notes a problem with a key: at its place, or without one when the file does not set it.
    mutating func note(_ message: String, atKey path: String) { note(message, at: places[path] ?? .unknown) }

    /// The top-level tables; everything else at the top is a problem.
    mutating func sections(of root: TomlNode, known: [String]) -> [TomlEntry] {
        guard case .table(let entries) = root.content else { return [] }
        return entries.filter { entry in
            if known.contains(entry.key) { return true }
            let suggestion = Spelling.suggestion(for: entry.key, among: known)
            note("there is no section [\(entry.key)]\(suggestion)", at: entry.place)
            return false
        }
    }

    /// Fills one section.
    ///
    /// - Parameters:
    ///   - section: What to fill; keys that the table does not set keep their value.
    ///   - entry: The table with its name, or `nil` when the file has none.
    ///   - title: What messages call the section, when it is not the type's own title.
    ///   - others: Keys of the table that somebody else reads.
    mutating func fill<Section: ConfigurationSection>(
        _ section: inout Section, from entry: TomlEntry?, title: String = Section.title, others: [String] = []
    ) {
        var entries: [TomlEntry] = []
        if let entry {
            guard case .table(let content) = entry.node.content else {
                note("[\(title)] must be a table, not \(entry.node.kindName)", at: entry.place)
                return
            }
            entries = content
        }
        let names = Section.keys.map(\.description.name) + others
        for entry in entries where !names.contains(entry.key) {
            let suggestion = Spelling.suggestion(for: entry.key, among: names)
            note("\(title) has no key \"\(entry.key)\"\(suggestion)", at: entry.place)
        }
        for key in Section.keys {
            let name = "\(title).\(key.description.name)"
            if let found = entries.first(where: { $0.key == key.description.name }) {
                places[name] = found.place
                if let allowed = key.assign(found.node, &section) {
                    note("\(name) must be \(allowed), not \(found.node.kindName)", at: found.node.place)
                }
            } else if key.description.isRequired {
                note("\(name) is missing: it must be \(key.description.allowed)", at: entry?.place ?? .unknown)
            }
        }
    }

    /// The problems, in the order of the file; those without a place last.
    var sortedProblems: [ConfigurationError.Problem] {
        problems.enumerated().sorted { left, right in
            let leftLine = left.element.line == 0 ? Int.max : left.element.line
            let rightLine = right.element.line == 0 ? Int.max : right.element.line
            return (leftLine, left.element.column, left.offset) < (rightLine, right.element.column, right.offset)
        }.map(\.element)
    }
}
