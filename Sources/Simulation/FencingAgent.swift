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
            default: milliseconds(100 + random.below(900))
            }
        queue.push(
            .fenceDone(host.number, power: host.power, session: session, number: number, outcome), at: now + duration)
    }

    /// The agent comes to its end; one whose own host died meanwhile does nothing.
    func finishFencing(
        _ host: SimulatedHost, power: Int, session: Int, number: UInt64, _ outcome: FencingOutcome
    ) {
        guard host.isUp, host.power == power else { return }
        let peer = hosts[host.number.other.rawValue]
        switch outcome {
        case .stopped, .stoppedAfterAll:
            note(nil, "the fencing agent stops \(peer.number.name)")
            fencings += 1
            if peer.isUp { cutPower(peer, because: "fenced") }
            // The agent switches the power on again.
            queue.push(.boot(peer.number, power: peer.power), at: now + milliseconds(2_000 + random.below(2_000)))
        case .failed:
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
