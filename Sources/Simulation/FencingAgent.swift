internal import ReplicaModel

extension World {
    /// Runs the fencing agent against a host's peer.
    func fence(from host: SimulatedHost, session: Int, number: UInt64) {
        note(host.number, "runs the fencing agent against \(host.number.other.name)")
        hit(.fencing, host.number)
        let outcome: FencingOutcome =
            if fencingBroken > 0 {
                random.chance(500) ? .failed : .tooLate
            } else {
                random.chance(850) ? .stopped : random.chance(600) ? .failed : .tooLate
            }
        let duration =
            switch outcome {
            case .tooLate: milliseconds(1_500)
            default: milliseconds(100 + random.below(3_900))
            }
        // Once its command is out, the peer is switched off whatever becomes of the host that asked.
        if outcome == .stopped {
            queue.push(.fenceStrikes(host.number, power: host.power), at: now + duration - milliseconds(90))
        }
        queue.push(
            .fenceDone(host.number, power: host.power, session: session, number: number, outcome), at: now + duration)
    }

    /// The agent's command is out, if its host lives to send it.
    func sendFencing(_ host: SimulatedHost, power: Int) {
        guard host.isUp, host.power == power else { return }
        queue.push(.fenceHits(host.number.other, from: power), at: now + milliseconds(20 + random.below(60)))
    }

    /// A host is switched off by its peer's agent, and on again later.
    func fenceHits(_ host: SimulatedHost) {
        note(nil, "the fencing agent stops \(host.number.name)")
        fencings += 1
        let other = hosts[host.number.other.rawValue]
        // Two hosts that only do not hear each other must not switch each other off (safety rule 5).
        if let fencedAt = other.fencedAt, now - fencedAt < milliseconds(2_000), setup.hasOnlyPartitions {
            checker.fail(5, "both hosts have switched each other off, and only the links between them had failed", self)
        }
        if host.isUp {
            host.fencedAt = now
            cutPower(host, because: "fenced")
        }
        queue.push(.boot(host.number, power: host.power), at: now + milliseconds(2_000 + random.below(2_000)))
    }

    /// The agent comes to its end; one whose own host died meanwhile does nothing.
    func finishFencing(
        _ host: SimulatedHost, power: Int, session: Int, number: UInt64, _ outcome: FencingOutcome
    ) {
        guard host.isUp, host.power == power else { return }
        let peer = hosts[host.number.other.rawValue]
        switch outcome {
        case .stoppedAfterAll: fenceHits(peer)
        case .stopped, .failed:
            break
        case .tooLate:
            if random.chance(300) {
                queue.push(
                    .fenceDone(host.number, power: power, session: session, number: 0, .stoppedAfterAll),
                    at: now + milliseconds(100 + random.below(2_500)))
            }
        }
        guard outcome != .stoppedAfterAll else { return }
        queue.push(
            .fenceAnswer(host.number, session: session, number: number, isFenced: outcome == .stopped),
            at: now + 100_000 + random.below(1_000_000))
    }
}
