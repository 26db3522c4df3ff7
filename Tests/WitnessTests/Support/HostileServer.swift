import Glibc
import SystemKit
import Synchronization
import Testing

/// A server of the test's own, which does what a test wants with each question.
final class HostileServer: Sendable {
    /// A question as it came in.
    struct Question: Sendable {
        let path: String
        let body: [UInt8]
    }

    /// What the server does with a question.
    ///
    /// `speak` sends a text and says whether the other side still listens.
    typealias Behaviour = @Sendable (_ question: Question, _ speak: (String) -> Bool) -> Void

    let url: String
    private let listener: Int32
    private let behaviour: Behaviour
    private let isStopping = Atomic(false)
    private let connections = Mutex<[Int32]>([])

    init(_ behaviour: @escaping Behaviour) throws {
        let (socket, port) = try Loopback.bound()
        try #require(listen(socket, 8) == 0)
        listener = socket
        url = "http://127.0.0.1:\(port)"
        self.behaviour = behaviour
        try Thread(name: "hostile") { [self] in accept() }.detach()
    }

    /// One whole HTTP answer.
    static func answer(_ body: String, status: String = "200 OK") -> String {
        "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    /// Closes everything; threads that still speak find that nobody listens.
    func stop() {
        isStopping.store(true, ordering: .releasing)
        shutdown(listener, Int32(SHUT_RDWR))
        connections.withLock { for connection in $0 { shutdown(connection, Int32(SHUT_RDWR)) } }
    }

    private func accept() {
        while !isStopping.load(ordering: .acquiring) {
            let connection = Glibc.accept(listener, nil, nil)
            guard connection >= 0 else { break }
            connections.withLock { $0.append(connection) }
            try? Thread(name: "hostile-talk") { [self] in serve(connection) }.detach()
        }
        close(listener)
    }

    private func serve(_ connection: Int32) {
        while let question = Self.question(connection) {
            behaviour(question) { text in
                guard !UnixSocket.peerHasGone(connection) else { return false }
                return (try? UnixSocket.sendAll(Array(text.utf8), on: connection)) != nil
            }
            // Without a length the end of the connection ends the answer.
            break
        }
        connections.withLock { list in list.removeAll { $0 == connection } }
        close(connection)
    }

    private static func question(_ connection: Int32) -> Question? {
        var text: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while true {
            let words = String(decoding: text, as: UTF8.self)
            if let end = words.firstRange(of: "\r\n\r\n") {
                let body = words[end.upperBound...]
                let length =
                    words.lowercased().split(separator: "\r\n").lazy
                    .compactMap { $0.hasPrefix("content-length: ") ? Int($0.dropFirst(16)) : nil }.first ?? 0
                if body.utf8.count >= length {
                    let path = words.split(separator: " ").dropFirst().first.map(String.init) ?? ""
                    return Question(path: path, body: Array(body.utf8))
                }
            }
            let count = read(connection, &piece, piece.count)
            guard count > 0 else { return nil }
            text += piece.prefix(count)
        }
    }
}
