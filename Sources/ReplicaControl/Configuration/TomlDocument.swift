internal import CTomlPlusPlus

/// A place in a configuration file; lines and columns count from 1, and 0 is unknown.
struct TomlPlace: Equatable, Sendable {
    var line: Int
    var column: Int

    static let unknown = TomlPlace(line: 0, column: 0)
}

/// One value of a TOML document, with its place.
struct TomlNode: Sendable {
    enum Content: Sendable {
        case table([TomlEntry])
        case array([TomlNode])
        case string(String)
        case integer(Int64)
        case float
        case boolean(Bool)
        case dateOrTime
    }

    var content: Content
    let place: TomlPlace

    /// What the value is, for a message that says what was found.
    var kindName: String {
        switch content {
        case .table: "a table"
        case .array: "an array"
        case .string(let text): "the string \"\(text)\""
        case .integer(let number): "the number \(number)"
        case .float: "a number with a fraction"
        case .boolean(let value): value ? "true" : "false"
        case .dateOrTime: "a date or time"
        }
    }
}

/// One key of a table and its value.
struct TomlEntry: Sendable {
    let key: String
    let place: TomlPlace
    let node: TomlNode
}

/// A TOML text that the parser refused.
struct TomlSyntaxError: Error {
    let place: TomlPlace
    let message: String
}

/// Turns TOML text into a tree; entries stand in the order of the text.
enum TomlDocument {
    static func parse(_ text: String) throws(TomlSyntaxError) -> TomlNode {
        var text = text
        let document = text.withUTF8 { utf8 in
            utf8.withMemoryRebound(to: CChar.self) { rctoml_parse($0.baseAddress, $0.count) }
        }
        guard let document else { throw TomlSyntaxError(place: .unknown, message: "there is no memory to read it") }
        defer { rctoml_free(document) }
        var line: UInt32 = 0
        var column: UInt32 = 0
        if let message = rctoml_error(document, &line, &column) {
            throw TomlSyntaxError(
                place: TomlPlace(line: Int(line), column: Int(column)), message: String(cString: message))
        }
        var count = 0
        let nodes = UnsafeBufferPointer(start: rctoml_nodes(document, &count), count: count)
        return tree(of: nodes)
    }

    /// Builds the tree from its end: a node's children all come after it, so they are whole when it is reached.
    private static func tree(of nodes: UnsafeBufferPointer<rctoml_node>) -> TomlNode {
        var children = [[TomlEntry]](repeating: [], count: nodes.count)
        var root = TomlNode(content: .table([]), place: .unknown)
        for index in nodes.indices.reversed() {
            let source = nodes[index]
            let node = TomlNode(content: content(of: source, children: children[index]), place: source.valuePlace)
            if source.parent < 0 {
                root = node
            } else {
                let key = text(source.key, source.key_length)
                children[Int(source.parent)].append(TomlEntry(key: key, place: source.keyPlace, node: node))
            }
        }
        return root
    }

    private static func content(of source: rctoml_node, children: [TomlEntry]) -> TomlNode.Content {
        switch rctoml_kind(UInt32(source.kind)) {
        case RCTOML_TABLE:
            .table(children.sorted { ($0.place.line, $0.place.column) < ($1.place.line, $1.place.column) })
        case RCTOML_ARRAY: .array(children.reversed().map(\.node))
        case RCTOML_STRING: .string(text(source.text, source.text_length))
        case RCTOML_INTEGER: .integer(source.integer)
        case RCTOML_FLOAT: .float
        case RCTOML_BOOLEAN: .boolean(source.integer != 0)
        default: .dateOrTime
        }
    }

    private static func text(_ start: UnsafePointer<CChar>?, _ count: Int) -> String {
        guard let start, count > 0 else { return "" }
        return String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
    }
}

extension rctoml_node {
    fileprivate var keyPlace: TomlPlace { TomlPlace(line: Int(key_line), column: Int(key_column)) }
    fileprivate var valuePlace: TomlPlace { TomlPlace(line: Int(line), column: Int(column)) }
}
