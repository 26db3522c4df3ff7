internal import ReplicaModel

/// What goes over the checkpoint connection.
enum PeerMessage {
    case protect(Generation)
    case ready
    case refuse(ReasonCode)
    case image
    case diskBarrier(Epoch, Generation)
    case diskBarrierPlaced(Epoch, Generation)
    case checkpointBegin(Epoch, Generation, begunAt: MonotonicTime)
    case checkpointEnd(Epoch, Generation, sentAt: MonotonicTime, GuestMoment, GuestWrites)
    case acknowledge(Epoch, Generation, sentAt: MonotonicTime)
    case handover(Generation)
    case stop(Generation, ReasonCode)
    case lost(Generation, ReasonCode)
    case activated(Generation)
    case closed
}

/// An ordered stream between the two hosts that loses nothing until it breaks.
final class CheckpointConnection {
    /// One way of it.
    struct Way {
        var pending: [(message: PeerMessage, arrivesAt: VirtualTime)] = []
        var last: VirtualTime = 0
        var isScheduled = false
        /// Since when nothing arrives though something was sent.
        var stalledSince: VirtualTime?
    }

    /// The sessions at its ends, by host; `nil` once an end was closed or its process died.
    var sessions: [Int?] = [nil, nil]
    /// By the host that sends.
    var ways = [Way(), Way()]
    var isBroken = false

    /// A sender whose bytes are not confirmed for so long gives up.
    static let sendTimeout = milliseconds(4_000)
    static let retry = milliseconds(100)
}

extension World {
    /// Puts a message on a connection; nothing happens on one that is broken.
    func send(_ message: PeerMessage, on number: Int, from host: HostNumber) {
        let connection = connections[number]
        guard !connection.isBroken else { return }
        let slow = isConnectionSlow ? milliseconds(20) + random.below(milliseconds(200)) : 0
        let arrival = now + 100_000 + random.below(300_000) + slow
        let way = host.rawValue
        connection.ways[way].last = max(connection.ways[way].last + 1, arrival)
        connection.ways[way].pending.append((message, connection.ways[way].last))
        schedule(number, from: host)
    }

    private func schedule(_ number: Int, from host: HostNumber) {
        let connection = connections[number]
        let way = host.rawValue
        guard !connection.ways[way].isScheduled, let first = connection.ways[way].pending.first else { return }
        connection.ways[way].isScheduled = true
        queue.push(.message(host.other, connection: number), at: max(now, first.arrivesAt))
    }

    /// The next message of a connection is due at a host.
    func deliver(_ number: Int, to host: SimulatedHost) {
        let connection = connections[number]
        let way = host.number.other.rawValue
        connection.ways[way].isScheduled = false
        guard !connection.isBroken, let first = connection.ways[way].pending.first else { return }
        guard canPass(from: host.number.other, over: .replication) else {
            let since = connection.ways[way].stalledSince ?? now
            connection.ways[way].stalledSince = since
            if now - since > CheckpointConnection.sendTimeout { return breakConnection(number) }
            connection.ways[way].isScheduled = true
            queue.push(.message(host.number, connection: number), at: now + CheckpointConnection.retry)
            return
        }
        connection.ways[way].stalledSince = nil
        connection.ways[way].pending.removeFirst()
        schedule(number, from: host.number.other)
        receive(first.message, on: number, at: host)
    }

    /// This end is closed, by its session or because its process died; what was sent still goes.
    func closeConnection(_ number: Int, at host: HostNumber) {
        let connection = connections[number]
        guard connection.sessions[host.rawValue] != nil else { return }
        connection.sessions[host.rawValue] = nil
        send(.closed, on: number, from: host)
    }

    /// Both ends hear of it as soon as they can.
    func breakConnection(_ number: Int) {
        let connection = connections[number]
        guard !connection.isBroken else { return }
        connection.isBroken = true
        for host in HostNumber.allCases where connection.sessions[host.rawValue] != nil {
            queue.push(.connectionEnded(host, connection: number), at: now + 200_000 + random.below(500_000))
        }
    }

    /// A host lost its power: what it had not sent is gone, and its peer hears of the end when the host is back.
    func dropConnections(of host: HostNumber) {
        for connection in connections where !connection.isBroken {
            connection.ways[host.rawValue].pending.removeAll()
            connection.sessions[host.rawValue] = nil
        }
    }

    /// A host that came back answers what it knows nothing of with a reset.
    func resetConnections(of host: HostNumber) {
        for number in connections.indices where !connections[number].isBroken {
            if connections[number].sessions[host.rawValue] == nil { breakConnection(number) }
        }
    }
}
