import ReplicaModel
import SystemKit
import Synchronization

@testable import Witness

/// Passes questions on to an etcd, but keeps transactions for itself: a network that delays them beyond every time-out.
final class SwallowingRelay: Sendable {
    private let server: HostileServer
    private let kept: Kept
    var url: String { server.url }
    /// The transactions that are still under way.
    var swallowed: [HostileServer.Question] { kept.questions.withLock { $0 } }

    private final class Kept: Sendable {
        let questions = Mutex<[HostileServer.Question]>([])
    }

    init(to url: String) throws {
        let kept = Kept()
        let endpoint = try WitnessEndpoint(url)
        self.kept = kept
        server = try HostileServer { question, speak in
            guard question.path != "/v3/kv/txn" else {
                kept.questions.withLock { $0.append(question) }
                while speak("") { Clock.sleep(milliseconds: 20) }
                return
            }
            guard var session = try? HTTPSession.make(identity: nil),
                let answer = try? session.post(to: endpoint, path: question.path, body: question.body, limit: 5000)
            else { return }
            _ = speak(HostileServer.answer(String(decoding: answer.body, as: UTF8.self)))
        }
    }

    func stop() { server.stop() }
}
