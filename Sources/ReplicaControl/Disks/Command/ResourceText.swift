// DRBD's configuration as text: found and changed in place, every other byte left as it is.

/// The text of one of DRBD's configuration files.
struct ResourceText: Equatable, Sendable {
    /// What is wrong with a text that is no configuration.
    struct Malformed: Error, Equatable {
        let line: Int
        let what: String
    }

    /// A handler that is configured, and where.
    struct Handler: Equatable, Sendable {
        /// `nil` in `common`.
        let resource: String?
        let name: String
        let command: String
    }

    private struct Word: Equatable {
        /// With its quotation marks.
        let place: Range<Int>
        let text: String
        let isQuoted: Bool
    }

    private struct Statement: Equatable {
        /// The words in front of each open brace, the outermost first.
        let blocks: [[String]]
        let words: [Word]

        /// The resource that it belongs to.
        var resource: String? {
            guard let outermost = blocks.first, outermost.count == 2, outermost[0] == "resource" else { return nil }
            return outermost[1]
        }
    }

    /// The whole file.
    let bytes: [UInt8]
    private let statements: [Statement]

    /// Reads a text.
    ///
    /// - Throws: ``Malformed`` when braces or quotation marks do not match.
    init(_ bytes: [UInt8]) throws(Malformed) {
        self.bytes = bytes
        statements = try Self.statements(bytes)
    }

    /// The devices that a resource's `disk` statements name, on all hosts, in their order.
    func disks(of resource: String) -> [String] { diskWords(of: resource).map(\.text) }

    /// Changes every `disk` statement of a resource that names one device.
    ///
    /// - Parameters:
    ///   - former: The device that is named now.
    ///   - resource: The resource.
    ///   - device: The one to name.
    /// - Returns: The new file; the same when no statement names the device.
    func replacing(disk former: String, of resource: String, by device: String) -> [UInt8] {
        let isPlain = device.utf8.allSatisfy(Self.isPlain)
        let new = Array((isPlain ? device : "\"\(device)\"").utf8)
        var result = bytes
        for word in diskWords(of: resource).reversed() where word.text == former {
            result.replaceSubrange(word.place, with: new)
        }
        return result
    }

    /// The handlers of a resource, and those of all resources.
    func handlers(of resource: String) -> [Handler] {
        statements.compactMap { statement in
            guard statement.words.count == 2, statement.blocks.count == 2, statement.blocks[1] == ["handlers"],
                statement.resource == resource || statement.blocks[0] == ["common"]
            else { return nil }
            return Handler(
                resource: statement.resource, name: statement.words[0].text, command: statement.words[1].text)
        }
    }

    private func diskWords(of resource: String) -> [Word] {
        statements.compactMap { statement in
            let words = statement.words
            guard statement.resource == resource, words.count == 2, words[0].text == "disk", !words[0].isQuoted else {
                return nil
            }
            return words[1]
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: false
        }
    }

    private static func statements(_ bytes: [UInt8]) throws(Malformed) -> [Statement] {
        var found: [Statement] = []
        var blocks: [[String]] = []
        var words: [Word] = []
        var position = 0
        func malformed(_ what: String) -> Malformed {
            Malformed(line: 1 + bytes[..<position].count { $0 == UInt8(ascii: "\n") }, what: what)
        }
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"): position += 1
            case UInt8(ascii: "#"):
                position = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            case UInt8(ascii: ";"):
                found.append(Statement(blocks: blocks, words: words))
                words = []
                position += 1
            case UInt8(ascii: "{"):
                blocks.append(words.map(\.text))
                words = []
                position += 1
            case UInt8(ascii: "}"):
                guard !blocks.isEmpty else { throw malformed("a brace is closed that was not opened") }
                guard words.isEmpty else { throw malformed("a semicolon is missing before this brace") }
                blocks.removeLast()
                position += 1
            case UInt8(ascii: "\""):
                guard let end = endOfQuotation(bytes, from: position) else {
                    throw malformed("a quotation mark is not closed")
                }
                words.append(word(bytes, position..<end, isQuoted: true))
                position = end
            default:
                let end = bytes[position...].firstIndex(where: endsWord) ?? bytes.count
                words.append(word(bytes, position..<end, isQuoted: false))
                position = end
            }
        }
        guard blocks.isEmpty else { throw malformed("a brace is not closed") }
        return found
    }

    private static func endsWord(_ byte: UInt8) -> Bool { " \t\r\n;{}\"#".utf8.contains(byte) }

    /// The place behind the mark that closes a quotation; one ends on its line.
    private static func endOfQuotation(_ bytes: [UInt8], from start: Int) -> Int? {
        var position = start + 1
        while position < bytes.count, bytes[position] != UInt8(ascii: "\n") {
            if bytes[position] == UInt8(ascii: "\"") { return position + 1 }
            position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        return nil
    }

    private static func word(_ bytes: [UInt8], _ place: Range<Int>, isQuoted: Bool) -> Word {
        let inner = isQuoted ? place.lowerBound + 1..<place.upperBound - 1 : place
        var text: [UInt8] = []
        var isEscaped = false
        for byte in bytes[inner] {
            if isQuoted, !isEscaped, byte == UInt8(ascii: "\\") {
                isEscaped = true
                continue
            }
            isEscaped = false
            text.append(byte)
        }
        return Word(place: place, text: String(decoding: text, as: UTF8.self), isQuoted: isQuoted)
    }
}
