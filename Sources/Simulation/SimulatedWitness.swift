internal import ReplicaModel
internal import ReplicaProtocol
internal import Witness

/// The witness: the real meaning of every question, behind a network that delays and loses them.
struct SimulatedWitness {
    /// A question on its way.
    struct Request {
        var host: HostNumber
        var power: Int
        var session: Int
        var number: UInt64
        var question: WitnessQuestion
        var revision: UInt64 = 0
        var hasReachedWitness = false
        var answer: WitnessAnswer?
        var isClosed = false
    }

    var ledger = WitnessLedger()
    var requests: [Request] = []
    /// How many faults keep it away from everybody, or from one host.
    var away = 0
    var unreachable = [0, 0]
    /// How many faults make it slow, or lose its answers.
    var slow = 0
    var answersLost = 0

    /// A client waits so long for an answer.
    static let timeout = milliseconds(1_000)

    func isReachable(from host: HostNumber) -> Bool { away == 0 && unreachable[host.rawValue] == 0 }
}

extension World {
    /// Sends a session's question.
    func askWitness(_ question: WitnessQuestion, number: UInt64, session: Int, from host: SimulatedHost) {
        let index = witness.requests.count
        witness.requests.append(
            SimulatedWitness.Request(
                host: host.number, power: host.power, session: session, number: number, question: question))
        note(host.number, "asks the witness: \(question.words)")
        hit(.witnessAsked, host.number)
        queue.push(.witnessStep(request: index, .timeOut), at: now + SimulatedWitness.timeout)
        queue.push(.witnessStep(request: index, .look), at: now + 500_000 + random.below(3_000_000))
    }

    func witnessStep(_ index: Int, _ step: WitnessStep) {
        let request = witness.requests[index]
        let host = hosts[request.host.rawValue]
        switch step {
        case .look:
            guard witness.isReachable(from: request.host) else {
                // The connection is refused at once, or nothing answers at all.
                if random.chance(500) { answer(index, failure(.unreachable)) }
                return
            }
            witness.requests[index].hasReachedWitness = true
            witness.requests[index].revision = witness.ledger.revision(of: guestIdentity)
            var delay = 500_000 + random.below(3_000_000)
            if witness.slow > 0 { delay += milliseconds(200 + random.below(4_000)) }
            queue.push(.witnessStep(request: index, .swap), at: now + delay)
        case .swap:
            // A question that is under way is executed, whatever became of who asked it.
            let before = witness.ledger.records[guestIdentity]
            let given = witness.ledger.answer(request.question, domain: guestIdentity, asOf: request.revision)
            if witness.ledger.records[guestIdentity] != before {
                note(nil, "witness: \(witness.ledger.records[guestIdentity].map(\.text) ?? "none")")
            }
            guard witness.isReachable(from: request.host), witness.answersLost == 0 || random.chance(300) else {
                // The connection is reset, or nothing comes until the time is over.
                if random.chance(400) { answer(index, failure(.interrupted)) }
                return
            }
            answer(index, given)
        case .timeOut:
            answer(index, failure(request.hasReachedWitness ? .timedOut : .unreachable))
        }
        _ = host
    }

    private func failure(_ kind: WitnessFailure.Kind) -> WitnessAnswer {
        .failed(WitnessFailure(kind: kind, text: ""))
    }

    private func answer(_ index: Int, _ answer: WitnessAnswer) {
        guard !witness.requests[index].isClosed else { return }
        witness.requests[index].isClosed = true
        witness.requests[index].answer = answer
        let request = witness.requests[index]
        guard hosts[request.host.rawValue].power == request.power else { return }
        queue.push(
            .witnessAnswer(request.host, session: request.session, request: index),
            at: now + 300_000 + random.below(2_000_000))
    }
}

extension WitnessQuestion {
    /// The question in few words.
    var words: String {
        switch self {
        case .swap(_, let new): "make it \(new.text)?"
        case .read: "what is on record?"
        case .presence(let host): "is \(host) there?"
        }
    }
}
