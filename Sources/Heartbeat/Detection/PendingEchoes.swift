internal import ReplicaModel

/// Echoes for sessions of the peer that have not proven yet that they are live: they are what the proof needs.
///
/// Each is sent in a beat of its own, at once. The beats in their rhythm go on to echo the present session, so that
/// who plays recordings back takes nothing from it.
struct PendingEchoes: Sendable {
    /// Beats that may be sent at once from one beat in the rhythm to the next (safety rule 6): so that a live session
    /// gets its answer soon between recordings, and recordings do not get an answer each.
    static let answersPerBeat = 4

    private var newest: [Sighting?]
    private var due: PathSet = []
    private var begun: PathSet = []
    private var left = answersPerBeat

    init(paths: Int) { newest = Array(repeating: nil, count: paths) }

    /// Takes a datagram of an unproven session into account.
    ///
    /// - Returns: Whether a beat is to answer it at once.
    mutating func see(_ datagram: HeartbeatDatagram, path: Int, at now: MonotonicTime) -> Bool {
        newest[path] = Sighting(datagram, at: now)
        guard left > 0 else { return false }
        left -= 1
        due.insert(PathSet(path: path))
        return true
    }

    /// A beat begins: it takes the answers that are due along.
    mutating func beginBeat() {
        begun = due
        due = []
    }

    /// A beat in the rhythm is due: so many answers may be given again.
    mutating func allowAnswers() { left = Self.answersPerBeat }

    /// The echo with which the beat that began answers on a path; `nil` when it answers nothing there.
    func answer(path: Int, at now: MonotonicTime) -> Echo? {
        begun.contains(PathSet(path: path)) ? echo(path: path, at: now) : nil
    }

    /// The echo of the newest datagram of an unproven session on a path.
    func echo(path: Int, at now: MonotonicTime) -> Echo? { newest[path]?.echo(at: now) }

    /// A session has proven that it is live: the others are nobody's.
    mutating func forget() {
        for path in newest.indices { newest[path] = nil }
        due = []
        begun = []
    }
}
