import Glibc
import SystemKit

/// A file that is removed with its object.
final class TemporaryFile {
    let path: String

    init(_ text: String = "") throws {
        var template = Array("/tmp/replicactl-test-XXXXXX".utf8CString)
        let descriptor = FileDescriptor(owning: try retrying("mkstemp") { mkstemp(&template) })
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        try descriptor.writeAll(text)
    }

    deinit { unlink(path) }
}
