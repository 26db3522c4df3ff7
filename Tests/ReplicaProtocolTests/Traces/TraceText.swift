import Heartbeat
import ReplicaModel
import Witness

@testable import ReplicaProtocol

/// The words of traces for states and actions.
enum TraceText {
    static func of(_ state: PrimaryMachine.State) -> String {
        switch state {
        case .seeding: "seeding"
        case .protecting: "protecting"
        case .holding(let reason): "holding \(reason.rawValue)"
        case .surrendering(let reason): "surrendering \(reason.rawValue)"
        case .surrendered(let reason): "surrendered \(reason.rawValue)"
        case .unprotected(let reason): "unprotected \(reason.rawValue)"
        case .standingDown(let reason): "standing-down \(reason.rawValue)"
        }
    }

    static func of(_ state: BackupMachine.State) -> String {
        switch state {
        case .receiving: "receiving"
        case .armed: "armed"
        case .withdrawing: "withdrawing"
        case .deciding: "deciding"
        case .activating(let reason): "activating \(reason.rawValue)"
        case .active(let reason): "active \(reason.rawValue)"
        case .discarded(let reason): "discarded \(reason.rawValue)"
        }
    }

    static func of(_ action: PrimaryMachine.Action) -> String {
        switch action {
        case .sendDiskBarrier(let epoch): "send-disk-barrier \(epoch)"
        case .release(let epoch): "release \(epoch)"
        case .open: "open"
        case .captureFinalCheckpoint: "capture-final-checkpoint"
        case .sendHandover: "send-handover"
        case .sendStop: "send-stop"
        case .endConnection: "end-connection"
        case .discardDomain: "discard-domain"
        case .persist(let role, let reason): "persist \(role.rawValue) \(reason.rawValue)"
        case .publish: "publish"
        case .ask(let request): of(request)
        case .record(let reason): "record \(reason.rawValue)"
        }
    }

    static func of(_ action: BackupMachine.Action) -> String {
        switch action {
        case .placeBarrier(let epoch): "place-barrier \(epoch)"
        case .confirmBarrier(let epoch): "confirm-barrier \(epoch)"
        case .dropUndoLogs(let barrier): "drop-undo-logs before \(barrier)"
        case .rollBack(let barrier): "roll-back \(barrier.map { "to \($0)" } ?? "nothing")"
        case .acknowledge(let epoch): "acknowledge \(epoch)"
        case .apply(let epoch): "apply \(epoch)"
        case .withdrawLease: "withdraw-lease"
        case .persist(let role, let generation, let reason):
            "persist \(role.rawValue) generation \(generation) \(reason.rawValue)"
        case .publish: "publish"
        case .ask(let request): of(request)
        case .activate(let generation): "activate generation \(generation)"
        case .run: "run"
        case .discard: "discard"
        case .sendReplicaGone(let reason): "send-replica-gone \(reason.rawValue)"
        case .record(let reason): "record \(reason.rawValue)"
        }
    }

    static func of(_ beginning: HostDecisions.Beginning) -> String {
        switch beginning {
        case .adopt: "adopt"
        case .adoptHandedOver: "adopt-handed-over"
        case .own: "own"
        case .surrender: "surrender"
        case .disarmPeer: "disarm-peer"
        case .giveBack: "give-back"
        case .leave: "leave"
        }
    }

    /// A claim as `ROLE/GENERATION/EPOCH`.
    static func of(_ claim: DomainClaim) -> String { "\(claim.role)/\(claim.generation)/\(claim.epoch)" }

    private static func of(_ request: Arbitration.Request) -> String {
        switch request {
        case .fence(let number): return "fence \(number)"
        case .askWitness(let number, let question):
            let words =
                switch question {
                case .read: "read"
                case .presence(let host): "presence \(host)"
                case .swap(let expected, let new): "swap \(of(expected)) for \(of(new))"
                }
            return "ask-witness \(of(number: number)) \(words)"
        }
    }

    /// The numbers of an enrolment have their highest bit set, `e1`; those of the backup's look at it the next one, `c1`.
    private static func of(number: UInt64) -> String {
        let enrolment: UInt64 = 1 << 63
        let check: UInt64 = 1 << 62
        return switch number {
        case enrolment...: "e\(number & ~enrolment)"
        case check...: "c\(number & ~check)"
        default: "\(number)"
        }
    }

    /// `OWNER/GENERATION/REPLICA`, with a dash for no replica; `nothing` for no record.
    private static func of(_ record: WitnessRecord?) -> String {
        record.map { "\($0.owner)/\($0.generation)/\($0.replica ?? "-")" } ?? "nothing"
    }
}
