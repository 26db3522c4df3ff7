private import Glibc
public import SystemKit
public import Testing

/// Files of the repository that tests compare with the code.
public enum Repository {
    /// The repository's root.
    public static let root: String = #filePath.split(separator: "/").dropLast(3).reduce(into: "") { $0 += "/" + $1 }

    /// The whole text of a file.
    public static func text(_ path: String) throws -> String {
        let descriptor = FileDescriptor(owning: try retrying("open \(path)") { open("\(root)/\(path)", O_RDONLY) })
        return try descriptor.readAllText()
    }

    /// Compares a text with a file; with `UPDATE_GOLDEN=1` in the environment, writes the file instead.
    public static func expect(
        _ text: String, equals path: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        if getenv("UPDATE_GOLDEN") != nil { try replace(path, with: text) }
        #expect(try Repository.text(path) == text, "\(path) is out of date", sourceLocation: sourceLocation)
    }

    /// Compares what stands between two marks of a file, the same way.
    public static func expect(
        _ section: String, equalsSection name: String, of path: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let whole = try text(path)
        let lines = whole.split(separator: "\n", omittingEmptySubsequences: false)
        let begin = try #require(lines.firstIndex { $0.hasPrefix("<!-- \(name):begin") })
        let end = try #require(lines.firstIndex { $0.hasPrefix("<!-- \(name):end") })
        let updated =
            lines[...begin].joined(separator: "\n") + "\n" + section + lines[end...].joined(separator: "\n")
        try expect(updated, equals: path, sourceLocation: sourceLocation)
    }

    private static func replace(_ path: String, with text: String) throws {
        let flags = O_WRONLY | O_CREAT | O_TRUNC
        let descriptor = FileDescriptor(owning: try retrying("open \(path)") { open("\(root)/\(path)", flags, 0o644) })
        try descriptor.writeAll(text)
    }
}

extension FileDescriptor {
    /// Reads to the end.
    public borrowing func readAllText() throws -> String {
        var bytes: [UInt8] = []
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 1)
        defer { chunk.deallocate() }
        while true {
            let count = try read(into: chunk)
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(contentsOf: chunk[..<count])
        }
    }
}
