internal import FoundationEssentials

/// Reads what etcd's gateway answers; anything that does not say clearly yes or no is an error, never a grant.
enum GatewayAnswer {
    /// What is wrong with an answer.
    struct Fault: Error {
        let detail: String

        init(_ detail: String) { self.detail = detail }
    }

    /// What is stored under a key.
    struct Stored: Equatable {
        let value: String
        let revision: Int64
    }

    /// Which cluster answered, and how many changes it has seen.
    struct Origin: Equatable {
        let cluster: String
        let revision: Int64
    }

    /// What came of a transaction.
    enum Swap: Equatable {
        case done(Origin)
        case other(Stored?, Origin)
    }

    static func range(_ body: [UInt8], key: String) throws(Fault) -> (stored: Stored?, origin: Origin) {
        let answer = try decode(GatewayMessages.Range.self, body)
        return (try stored(answer, key), try origin(answer.header))
    }

    static func swap(_ body: [UInt8], key: String) throws(Fault) -> Swap {
        let answer = try decode(GatewayMessages.Transaction.self, body)
        let origin = try origin(answer.header)
        // Yes and no each come with the one step that was taken; the lack of a "yes" alone is not a no.
        guard let steps = answer.responses, steps.count == 1 else { throw Fault("a transaction without its one step") }
        switch (answer.succeeded ?? false, steps[0].response_put, steps[0].response_range) {
        case (true, _?, nil): return .done(origin)
        case (false, nil, let range?): return .other(try stored(range, key), origin)
        default: throw Fault("a transaction whose steps contradict its result")
        }
    }

    /// The number of a new lease.
    static func newLease(_ body: [UInt8]) throws(Fault) -> Int64 {
        let answer = try decode(GatewayMessages.Lease.self, body)
        guard let number = answer.ID?.value, number != 0, let seconds = answer.TTL?.value, seconds > 0 else {
            throw Fault("a lease without a number or a length")
        }
        return number
    }

    /// Whether a lease lives on.
    static func keptLease(_ body: [UInt8], _ lease: Int64) throws(Fault) -> Bool {
        guard let answer = try decode(GatewayMessages.Stream.self, body).result, answer.ID?.value == lease else {
            throw Fault("no word on the lease that was asked about")
        }
        // A lease that has run out has no time to live.
        return (answer.TTL?.value ?? 0) > 0
    }

    /// Checks that a value was put.
    static func put(_ body: [UInt8]) throws(Fault) { _ = try origin(decode(GatewayMessages.Put.self, body).header) }

    /// The words of a refusal.
    static func refusal(_ body: [UInt8]) -> String {
        let failure = try? decode(GatewayMessages.Failure.self, body)
        return PlainText.short(failure?.message ?? failure?.error ?? String(decoding: body.prefix(200), as: UTF8.self))
    }

    private static func decode<Value: Decodable>(_ type: Value.Type, _ body: [UInt8]) throws(Fault) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(body))
        } catch {
            throw Fault("no JSON of the expected form")
        }
    }

    private static func origin(_ header: GatewayMessages.Header?) throws(Fault) -> Origin {
        guard let cluster = header?.cluster_id, !cluster.isEmpty, cluster != "0",
            let revision = header?.revision?.value, revision > 0
        else { throw Fault("no name of the cluster that answers") }
        return Origin(cluster: cluster, revision: revision)
    }

    private static func stored(_ range: GatewayMessages.Range, _ key: String) throws(Fault) -> Stored? {
        let pairs = range.kvs ?? []
        guard pairs.count <= 1, range.count?.value ?? 0 == Int64(pairs.count) else {
            throw Fault("not one value for one key")
        }
        guard let pair = pairs.first else { return nil }
        guard let name = pair.key, Data(base64Encoded: name) == Data(key.utf8),
            let value = Data(base64Encoded: pair.value ?? ""), let revision = pair.mod_revision?.value, revision > 0
        else { throw Fault("a value that is not the asked key's") }
        return Stored(value: String(decoding: value, as: UTF8.self), revision: revision)
    }
}
