import Glibc
import Synchronization
import SystemKit
import TestSupport

/// A store that speaks xenstore's protocol as far as the host ends of devices need it: for the library and for Xen's scripts.
///
/// One for all tests of the process, since the library finds it by the environment; each test has a domain of its own.
final class SampleStore: Sendable {
    /// The store, or why there is none.
    static let shared = Result { try SampleStore() }

    /// Where clients find it.
    let path: String
    private let nodes = Mutex<[String: String]>([:])
    private let writes = Mutex<[String]>([])

    private init() throws {
        let directory = try TemporaryDirectory()
        let folder = directory.path + "-store"
        path = folder + "/socket"
        setenv("XENSTORED_PATH", path, 1)
        let listener = try UnixListener(path: path, backlog: 16)
        try Thread(name: "store") { [self] in
            while let connection = try? listener.accept() {
                let number = connection.release()
                try? Thread(name: "store-client") { [self] in serve(FileDescriptor(owning: number)) }.detach()
            }
        }.detach()
    }

    /// A node's text.
    subscript(_ path: String) -> String? {
        get { nodes.withLock { $0[path] } }
        set { nodes.withLock { $0[path] = newValue } }
    }

    /// All nodes whose path has a part, each with its text.
    func nodes(with part: String) -> [String: String] { nodes.withLock { $0.filter { $0.key.contains(part) } } }

    /// The paths that clients wrote, in order, of those that have a part.
    func written(with part: String) -> [String] { writes.withLock { $0.filter { $0.contains(part) } } }

    /// Takes the nodes away whose path has a part.
    func clear(_ part: String) {
        nodes.withLock { nodes in nodes = nodes.filter { !$0.key.contains(part) } }
        writes.withLock { writes in writes.removeAll { $0.contains(part) } }
    }

    private enum Kind {
        static let directory: UInt32 = 1
        static let read: UInt32 = 2
        static let transactionStart: UInt32 = 6
        static let transactionEnd: UInt32 = 7
        static let write: UInt32 = 11
        static let error: UInt32 = 16
    }

    private func serve(_ connection: consuming FileDescriptor) {
        while let header = receive(connection, 16) {
            let words = header.withUnsafeBytes { bytes in
                (0..<4).map { bytes.load(fromByteOffset: $0 * 4, as: UInt32.self) }
            }
            guard let body = receive(connection, Int(words[3])) else { return }
            var (kind, answer) = (words[0], [UInt8]())
            if let text = reply(kind, body) {
                answer = text
            } else {
                kind = Kind.error
                answer = Array("ENOENT\0".utf8)
            }
            var message: [UInt8] = []
            for word in [kind, words[1], words[2], UInt32(answer.count)] {
                withUnsafeBytes(of: word.littleEndian) { message += $0 }
            }
            guard (try? UnixSocket.sendAll(message + answer, on: connection.number)) != nil else { return }
        }
    }

    private func receive(_ connection: borrowing FileDescriptor, _ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let number = connection.number
            let more = bytes.withUnsafeMutableBytes {
                recv(number, $0.baseAddress?.advanced(by: done), count - done, 0)
            }
            guard more > 0 else { return nil }
            done += more
        }
        return bytes
    }

    private func reply(_ kind: UInt32, _ body: [UInt8]) -> [UInt8]? {
        let halves = body.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
        // A script's tools name nodes by what stands behind the control domain's home.
        let name = String(decoding: halves.first ?? [], as: UTF8.self)
        let path = name.hasPrefix("/") ? name : "/local/domain/0/" + name
        switch kind {
        case Kind.transactionStart: return Array("1\0".utf8)
        case Kind.transactionEnd: return Array("OK\0".utf8)
        case Kind.read: return self[path].map { Array($0.utf8) }
        case Kind.directory:
            let names = Set(
                nodes(with: path + "/").keys.compactMap { node in
                    node.hasPrefix(path + "/") ? node.dropFirst(path.count + 1).split(separator: "/").first : nil
                })
            guard !names.isEmpty else { return nil }
            return names.sorted().flatMap { Array($0.utf8) + [0] }
        case Kind.write:
            guard halves.count == 2 else { return nil }
            self[path] = String(decoding: halves[1], as: UTF8.self)
            writes.withLock { $0.append(path) }
            return Array("OK\0".utf8)
        default: return nil
        }
    }
}
