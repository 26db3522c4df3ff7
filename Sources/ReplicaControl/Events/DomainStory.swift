// Tells in words who owns a domain and why, what protects it and what happened: a pure function of events and status.

internal import ReplicaModel

/// One domain as this host knows it, for `replicactl explain`.
struct DomainStory: Sendable {
    /// What the operator called the domain.
    let subject: String
    /// The domain's events and those of the whole host, the oldest first.
    let records: [EventRecord]
    /// What the controller says now; `nil` when it does not answer.
    let status: ControllerStatus?
    /// This host's name, for a log without events.
    let host: String
    /// The moment at which the story is told.
    let now: UInt64

    /// The story, as lines for a terminal.
    var text: String {
        var lines = ["\(name)\(uuid.map { " (\($0))" } ?? "") on \(host), \(Self.second(now))", ""]
        lines += ["Owner", "  " + owner, "", "Protection"] + protection.map { "  " + $0 } + [""]
        lines += timelineLines
        lines += ["What you can do now"] + Advice.lines(for: state, domain: name, peer: peer).map { "  " + $0 } + [""]
        lines += footer
        return lines.joined(separator: "\n") + "\n"
    }

    // MARK: What is known

    /// Whether this host has any word on the domain.
    var isKnown: Bool { domainStatus != nil || !own.isEmpty }

    /// The domain's own events.
    var own: [EventRecord] { records.filter { $0.concerns(subject) } }

    private var domainStatus: DomainStatus? {
        status?.domains.first { $0.name == subject || $0.uuid == subject.lowercased() }
    }

    private var name: String { EventText.clean(domainStatus?.name ?? own.last?.name ?? subject) }
    private var uuid: String? { domainStatus?.uuid ?? own.last { $0.domain != nil }?.domain }

    /// The other host's name, or words for it.
    var peer: String { status?.peer.name ?? records.last { $0.peer != nil }?.peer ?? "the other host" }

    /// A state of the domain on this host.
    struct State: Equatable, Sendable {
        var word: String
        var reason: ReasonCode?
        var epoch: UInt64 = 0

        /// The state that an event ended in, where it tells one.
        init?(_ record: EventRecord) {
            guard let after = record.after, record.domain != nil else { return nil }
            word = after
            reason = record.reasonCode
            epoch = record.epoch ?? 0
        }

        init(_ status: DomainStatus) {
            word = status.state.rawValue
            reason = status.reason?.code
            epoch = status.epoch
        }

        /// Who runs the domain in this state, as far as this host can know.
        var owner: Owner {
            switch word {
            case StateWord.seeding, StateWord.protected, StateWord.unprotected, StateWord.active: .here
            case StateWord.holding: .hereSilently
            case StateWord.activating: .soonHere
            case StateWord.gone: .nobody
            case StateWord.released: reason == .activationFailed ? .nobody : .peer
            default: .peer
            }
        }

        /// Whether a replica covers the guest.
        var isCovered: Bool { word == StateWord.protected || word == StateWord.armed }
    }

    /// Who runs a domain.
    enum Owner: Sendable {
        case here, hereSilently, soonHere, peer, nobody

        /// Where it runs; a host that holds output, or is just taking over, is the owner all the same.
        var place: Owner {
            switch self {
            case .here, .hereSilently, .soonHere: .here
            case .peer, .nobody: self
            }
        }
    }

    /// The state now: the controller's word where it has a newer one than the log.
    private var state: State? {
        let logged = own.reversed().lazy.compactMap { State($0) }.first
        guard let status = domainStatus.map(State.init) else { return logged }
        guard let logged else { return status }
        let isSame = logged.word == status.word || (logged.word == StateWord.surrendered && status.word == "holding")
        return State(merging: status, isSame ? logged : status)
    }

    // MARK: Paragraphs

    private var owner: String {
        guard let state else { return "Not known: this host has no word on the domain." }
        let here = "\(host) runs it"
        switch state.owner {
        case .here: return here + since(state)
        case .hereSilently:
            return "\(host), but its output is held, so clients see it stand still"
                + since(state)
        case .soonHere: return "\(host) is taking it over just now" + since(state)
        case .peer: return "\(peer) runs it, as far as \(host) knows" + since(state)
        case .nobody: return "It does not run on \(host)" + since(state)
        }
    }

    /// Since when the owner is the owner, and why.
    private func since(_ state: State) -> String {
        let states = own.compactMap { record in State(record).map { (record, $0) } }
        guard states.last?.1.owner == state.owner else { return "." }
        let run = states.reversed().prefix { $0.1.owner.place == state.owner.place }
        guard let (first, begin) = run.last else { return "." }
        let generation = first.generation.map { ", generation \($0)" } ?? ""
        guard run.count < states.count else {
            return ", for as long as the event log tells (from \(EventText.time(first.time))\(generation))."
        }
        let why = begin.reason.map { " \($0.meaning) (\($0.rawValue))" } ?? ""
        return ", since \(EventText.time(first.time))\(generation)." + why
    }

    private var protection: [String] {
        var lines = [cover]
        if let time = domainStatus?.protectionTime ?? countedTime {
            lines.append(
                "Unprotected for \(Quantity.duration(milliseconds: time.unprotectedMilliseconds)) in all, protected for"
                    + " \(Quantity.duration(milliseconds: time.protectedMilliseconds)), counted on \(host) from"
                    + " \(EventText.time(time.since)).")
        }
        return lines
    }

    private var cover: String {
        guard let state else { return "Not known." }
        let why = state.reason.map { " \($0.meaning) (\($0.rawValue))" } ?? ""
        switch state.word {
        case StateWord.protected: return "\(peer) holds a replica; checkpoint \(state.epoch) is acknowledged."
        case StateWord.seeding: return "None yet: the first copy to \(peer) is under way, and output flows."
        case StateWord.holding: return "\(peer) may hold a replica that takes over, so nothing is released." + why
        case StateWord.surrendered: return "The guest was handed over to \(peer), whose word is awaited." + why
        case StateWord.unprotected: return "None: the guest runs and nothing covers it." + why
        case StateWord.active: return "None: the guest was taken over from \(peer) and has no backup yet."
        case StateWord.armed: return "This host holds checkpoint \(state.epoch) and can take over."
        case StateWord.receiving: return "None yet: the first copy comes in from \(peer)."
        case StateWord.activating: return "None: the replica is becoming the domain."
        case StateWord.released: return "Not by this host: its replica was given up." + why
        case StateWord.standingDown: return "Not by this host: its copy was given up." + why
        default: return "None here: the domain has ended." + why
        }
    }

    private var countedTime: ProtectionTime? {
        guard let uuid else { return nil }
        let last = records.last?.moment ?? Moment(wall: now, monotonic: 0, run: 0)
        // Across the controller's runs only the wall clock compares.
        return ProtectionClock(records).time(of: uuid, at: Moment(wall: max(now, last.wall), monotonic: 0, run: .max))
    }

    private var footer: [String] {
        var lines: [String] = []
        if status == nil {
            lines.append("The controller of \(host) does not answer: this is the last that it wrote down.")
        }
        lines.append(
            "This is what \(host) knows, from its own event log. `replicactl explain \(name)` on \(peer) tells the other"
                + " side.")
        return lines
    }

    // MARK: Words

    /// A point in time to the second.
    static func second(_ wall: UInt64) -> String {
        EventText.time(String(Timestamp.rfc3339(wall: wall).prefix(19))) + "Z"
    }
}

extension DomainStory.State {
    /// The controller's newer figures with the word and the reason of the other.
    fileprivate init(merging status: Self, _ other: Self) {
        self = other
        epoch = max(status.epoch, other.epoch)
    }
}
