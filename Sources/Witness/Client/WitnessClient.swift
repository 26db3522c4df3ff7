public import ReplicaModel
internal import SystemKit

/// Asks etcd, blocking, with a hard bound on the time of each question; belongs to one thread at a time.
///
/// The process must ignore `SIGPIPE`, or the thread block it: OpenSSL writes to connections that may have closed.
///
/// `@unchecked Sendable`: the libcurl handle may move to another thread between calls, and one owner makes one call.
public struct WitnessClient: ~Copyable, @unchecked Sendable {
    /// How a question went, for the status.
    struct Trace: Equatable {
        var endpoint: String
        var roundTrip: UInt64
    }

    /// A record with the revision at which it was written.
    private struct Known {
        let record: WitnessRecord
        let revision: Int64
    }

    /// What a transaction did.
    private enum Step {
        case written(Known)
        case other(Known?)
    }

    /// The domains whose revision is kept, to save a question; the protocol knows 32 domains.
    private static let knownLimit = 256
    /// How often a swap tries when what stands was written anew under it, and is still what may stand.
    private static let swapTries = 4

    private let configuration: WitnessConfiguration
    private var session: HTTPSession
    private var fence = ClusterFence()
    private var known: [DomainIdentity: Known] = [:]
    private var preferred = 0
    private var lease: Int64?
    /// How the last answered question went.
    private(set) var trace: Trace?

    /// Makes a client; asks nothing yet.
    ///
    /// - Parameter configuration: Where the witness is.
    /// - Throws: ``WitnessError/badConfiguration(_:)``.
    public init(_ configuration: WitnessConfiguration) throws(WitnessError) {
        self.configuration = configuration
        session = try HTTPSession.make(identity: configuration.identity)
    }

    /// Puts a record in the place of the expected one, if that is still what is stored: one transaction of etcd.
    ///
    /// The transaction compares the record and the revision at which it was written. The revision makes a
    /// transaction void that was thought lost and arrives late, after others that brought back the same record. Every
    /// grant writes, so after a grant all earlier attempts are void (safety rule 2).
    ///
    /// Granted also when `new` stands already: our earlier attempt went through and its answer was lost. That is sound
    /// because a record names owner and generation, and only that owner, or the host that hands the domain to it, ever
    /// writes it; no other host can have put it there for itself.
    ///
    /// - Parameters:
    ///   - domain: The domain.
    ///   - expected: What must be stored; `nil` for nothing.
    ///   - new: What shall be stored.
    /// - Returns: Whether `new` stands.
    /// - Throws: ``WitnessError``; then it is unknown whether `new` stands, see ``WitnessFailure``.
    public mutating func swap(
        domain: DomainIdentity, expected: WitnessRecord?, new: WitnessRecord
    ) throws(WitnessError) -> SwapResult {
        guard new.isWellFormed, expected?.isWellFormed ?? true else {
            throw .badConfiguration("the record \(PlainText.short(new.text)) cannot be stored")
        }
        let deadline = self.deadline()
        if let expected, known[domain]?.record != expected { try look(domain, deadline) }
        var basis = expected == nil ? nil : known[domain]
        for _ in 0..<Self.swapTries {
            guard basis?.record == expected || basis?.record == new else { return .refused(current: basis?.record) }
            // Where `new` stands already it is written again, so that what else is under way becomes void.
            switch try transact(domain, over: basis, new, deadline) {
            case .written: return .granted
            case .other(let current): basis = current
            }
        }
        throw .garbage(endpoint: lastEndpoint, detail: "the record of domain \(domain) changes under every attempt")
    }

    /// What is stored for a domain: linearizable, so nothing that was granted before is missing from it.
    ///
    /// - Parameter domain: The domain.
    /// - Returns: The record, or `nil` when there is none.
    /// - Throws: ``WitnessError``.
    public mutating func record(of domain: DomainIdentity) throws(WitnessError) -> WitnessRecord? {
        try look(domain, deadline())
        return known[domain]?.record
    }

    /// Whether a host keeps its lease alive.
    ///
    /// - Parameter host: Its name.
    /// - Returns: `false` also for a host that the witness never heard of.
    /// - Throws: ``WitnessError``.
    public mutating func presence(of host: String) throws(WitnessError) -> Bool {
        guard WitnessRecord.isName(host) else { throw .badConfiguration("\(PlainText.short(host)) is no host's name") }
        let key = WitnessKeys.host(host, cluster: configuration.cluster)
        return try ask(GatewayRequest.range(key: key), deadline()) { (body, fence) throws(GatewayAnswer.Fault) in
            let answer = try GatewayAnswer.range(body, key: key)
            try fence.accept(answer.origin)
            return answer.stored != nil
        }
    }

    /// Makes this host present for the configured time from now on.
    ///
    /// - Throws: ``WitnessError``.
    public mutating func keepPresence() throws(WitnessError) {
        let deadline = self.deadline()
        if let lease {
            let isKept = try ask(GatewayRequest.keepLease(lease), deadline) { (body, _) throws(GatewayAnswer.Fault) in
                try GatewayAnswer.keptLease(body, lease)
            }
            if isKept { return }
            self.lease = nil
        }
        let grant = GatewayRequest.grantLease(seconds: configuration.presenceSeconds)
        let new = try ask(grant, deadline) { (body, _) throws(GatewayAnswer.Fault) in
            try GatewayAnswer.newLease(body)
        }
        let key = WitnessKeys.host(configuration.host, cluster: configuration.cluster)
        let put = GatewayRequest.put(key: key, value: configuration.host, lease: new)
        try ask(put, deadline) { (body, _) throws(GatewayAnswer.Fault) in try GatewayAnswer.put(body) }
        lease = new
    }

    private var lastEndpoint: String { configuration.endpoints[preferred].description }

    private func deadline() -> UInt64 { Clock.monotonic + configuration.timeout.nanoseconds }

    /// Brings ``known`` up to date.
    private mutating func look(_ domain: DomainIdentity, _ deadline: UInt64) throws(WitnessError) {
        let key = WitnessKeys.domain(domain, cluster: configuration.cluster)
        let found = try ask(GatewayRequest.range(key: key), deadline) { (body, fence) throws(GatewayAnswer.Fault) in
            let answer = try GatewayAnswer.range(body, key: key)
            try fence.accept(answer.origin)
            return try Self.known(answer.stored)
        }
        remember(found, domain)
    }

    /// Tries one transaction, which holds if nothing was written since `basis`.
    private mutating func transact(
        _ domain: DomainIdentity, over basis: Known?, _ new: WitnessRecord, _ deadline: UInt64
    ) throws(WitnessError) -> Step {
        let key = WitnessKeys.domain(domain, cluster: configuration.cluster)
        let message = GatewayRequest.swap(
            key: key, over: basis.map { GatewayRequest.Basis(value: $0.record.text, revision: $0.revision) },
            value: new.text)
        let step = try ask(message, deadline) { (body, fence) throws(GatewayAnswer.Fault) -> Step in
            switch try GatewayAnswer.swap(body, key: key) {
            case .done(let origin):
                try fence.accept(origin)
                // What a transaction wrote has the revision that the transaction made.
                return .written(Known(record: new, revision: origin.revision))
            case .other(let stored, let origin):
                try fence.accept(origin)
                guard stored?.revision != basis?.revision else {
                    throw GatewayAnswer.Fault("it refuses, and what stands is what was expected")
                }
                return .other(try Self.known(stored))
            }
        }
        switch step {
        case .written(let known): remember(known, domain)
        case .other(let known): remember(known, domain)
        }
        return step
    }

    private static func known(_ stored: GatewayAnswer.Stored?) throws(GatewayAnswer.Fault) -> Known? {
        guard let stored else { return nil }
        guard case .record(let record) = WitnessRecord.decoded(stored.value) else {
            throw GatewayAnswer.Fault("what is stored is no record of this version: \(PlainText.short(stored.value))")
        }
        return Known(record: record, revision: stored.revision)
    }

    private mutating func remember(_ found: Known?, _ domain: DomainIdentity) {
        // Forgetting costs a question and nothing else.
        if known.count >= Self.knownLimit, known[domain] == nil { known.removeAll() }
        known[domain] = found
    }

    /// Asks the endpoints in turn, the last good one first, until one gives an answer that can be used.
    private mutating func ask<Value>(
        _ message: GatewayRequest.Message, _ deadline: UInt64,
        _ read: (_ body: [UInt8], _ fence: inout ClusterFence) throws(GatewayAnswer.Fault) -> Value
    ) throws(WitnessError) -> Value {
        let count = configuration.endpoints.count
        let first = preferred
        var failure = WitnessError.timedOut(endpoint: lastEndpoint)
        for turn in 0..<count {
            let index = (first + turn) % count
            let endpoint = configuration.endpoints[index]
            let start = Clock.monotonic
            guard start < deadline else { break }
            // Those that are still to be asked get an equal part of the time.
            let part = (deadline - start) / UInt64(count - turn) / 1_000_000
            do throws(WitnessError) {
                let answer = try session.post(
                    to: endpoint, path: message.path, body: message.body, limit: Milliseconds(rawValue: part))
                let value = try Self.understood(answer, endpoint, &fence, read)
                preferred = index
                trace = Trace(endpoint: endpoint.description, roundTrip: Clock.monotonic - start)
                return value
            } catch {
                if turn == 0 || error.isTelling { failure = error }
            }
        }
        throw failure
    }

    private static func understood<Value>(
        _ answer: HTTPSession.Answer, _ endpoint: WitnessEndpoint, _ fence: inout ClusterFence,
        _ read: (_ body: [UInt8], _ fence: inout ClusterFence) throws(GatewayAnswer.Fault) -> Value
    ) throws(WitnessError) -> Value {
        guard answer.status == 200 else {
            throw .refusedByServer(
                endpoint: endpoint.description, status: answer.status, message: GatewayAnswer.refusal(answer.body))
        }
        do throws(GatewayAnswer.Fault) {
            return try read(answer.body, &fence)
        } catch {
            throw .garbage(endpoint: endpoint.description, detail: error.detail)
        }
    }
}
