/// What is to become of a journal that a takeover has left, judged by what DRBD says of the disk; no clock, no I/O.
///
/// docs/decisions/0020-an-unfinished-takeover-of-disks.md has the cases, and why each is right.
public enum UndoSettlement: Equatable, Sendable {
    /// The journal is deleted; the disk is whole without it.
    case drop(Reason)
    /// The journal is applied: the disk is of no moment until then, and nothing else was written to it.
    case apply
    /// Nobody can tell by the identifiers; the journal stays, and the disk must not be used.
    case refuse(Doubt)

    /// Why a journal means nothing.
    public enum Reason: Equatable, Sendable, CustomStringConvertible {
        /// Nothing of it, or of another disk's of the same takeover, was written to the disk.
        case notBegun
        /// All of the disk is to be written anew from the peer.
        case copyGivenUp
        /// The peer's data have taken the place of what it was for.
        case superseded

        /// One clause.
        public var description: String {
            switch self {
            case .notBegun: "nothing of it was applied, so the disk is whole as it is"
            case .copyGivenUp: "the copy is to be written anew from the peer"
            case .superseded: "the peer's data were written over what it was for"
            }
        }
    }

    /// Why nobody can tell.
    public enum Doubt: Equatable, Sendable, CustomStringConvertible {
        /// No disk is attached, so there are no identifiers to compare.
        case noDisk
        /// A peer is connected, which may be written to.
        case connected
        /// The disk was used, or sent to the peer, while it was half taken back.
        case usedSince

        /// One clause that says what to do.
        public var description: String {
            switch self {
            case .noDisk: "DRBD has no disk attached, so nobody knows which data they are: attach it (drbdadm attach)"
            case .connected: "DRBD is connected to the peer: disconnect it first (drbdadm disconnect)"
            case .usedSince:
                "the disk was used while it was taken back in part only: if the peer's copy is good, take the resource down, "
                    + "delete the journal and give this copy new metadata (drbdadm create-md); see docs/disks.md"
            }
        }
    }

    /// Judges.
    ///
    /// - Parameters:
    ///   - marks: Of all journals of the takeover that are still there, this disk's first; `nil` for one without a mark.
    ///   - status: The volume as DRBD describes it.
    public init(marks: [UndoMark?], status: MirrorStatus) {
        guard let mark = marks.first ?? nil, !marks.contains(where: { $0 == nil }) else {
            self = .drop(.notBegun)
            return
        }
        guard let identifiers = status.disk?.identifiers else {
            self = .refuse(.noDisk)
            return
        }
        self.init(
            mark: mark, identifiers: identifiers, isInconsistent: status.diskState <= .inconsistent,
            isConnected: status.replication >= .awaitingParameters)
    }

    init(mark: UndoMark, identifiers: MirrorIdentifiers, isInconsistent: Bool, isConnected: Bool) {
        let now = UndoMark(identifiers)
        if isInconsistent {
            self = .drop(.copyGivenUp)
        } else if now == mark {
            self = isConnected ? .refuse(.connected) : .apply
        } else if ([now.current, now.bitmap] + identifiers.history.map { $0 & ~1 }).contains(mark.current) {
            self = .refuse(.usedSince)
        } else {
            self = .drop(.superseded)
        }
    }
}
