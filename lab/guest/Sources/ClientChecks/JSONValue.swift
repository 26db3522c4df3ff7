internal import Glibc
internal import GuestSupport

/// A JSON value to write; objects keep the order of their fields.
package enum JSONValue {
    case null
    case boolean(Bool)
    case unsigned(UInt64)
    case text(String)
    case list([JSONValue])
    case object([(String, JSONValue)])

    /// A count.
    package static func count(_ value: Int) -> JSONValue { .unsigned(UInt64(value)) }

    /// A value that may be absent.
    package static func optional(_ value: UInt64?) -> JSONValue { value.map { .unsigned($0) } ?? .null }

    /// A text that may be absent.
    package static func optional(_ value: String?) -> JSONValue { value.map { .text($0) } ?? .null }

    /// The value as JSON text, one field a line at the outermost level.
    package var encoded: String { encode(separator: ",\n ") }

    /// Writes the value to a file that is either the old one or complete at any moment.
    package func write(toFile path: String) throws {
        let scratch = "\(path).new"
        let raw = open(scratch, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard raw >= 0 else { throw SystemError(call: "open", subject: scratch) }
        let file = FileDescriptor(owning: raw)
        var bytes = Array("\(encoded)\n".utf8)
        while !bytes.isEmpty {
            guard case .bytes(let written) = bytes.withUnsafeBytes({ file.write($0) }) else {
                throw SystemError(call: "write", subject: scratch)
            }
            bytes.removeFirst(written)
        }
        guard rename(scratch, path) == 0 else { throw SystemError(call: "rename", subject: path) }
    }

    private func encode(separator: String) -> String {
        switch self {
        case .null: return "null"
        case .boolean(let value): return value ? "true" : "false"
        case .unsigned(let value): return String(value)
        case .text(let value): return Self.quote(value)
        case .list(let values): return "[\(values.map { $0.encode(separator: ", ") }.joined(separator: ", "))]"
        case .object(let fields):
            let texts = fields.map { "\(Self.quote($0.0)): \($0.1.encode(separator: ", "))" }
            return "{\(texts.joined(separator: separator))}"
        }
    }

    private static func quote(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
