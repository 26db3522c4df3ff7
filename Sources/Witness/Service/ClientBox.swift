internal import Synchronization

/// Hands a client to the thread that uses it.
final class ClientBox: Sendable {
    private let client: Mutex<WitnessClient?>

    init(_ client: consuming WitnessClient) { self.client = Mutex(client) }

    /// Takes the client out and lets it go afterwards.
    func use(_ body: (inout WitnessClient) -> Void) {
        guard var client = client.withLock({ $0.take() }) else { return }
        body(&client)
    }
}
