internal import ReplicaModel

/// Which of a disk's three undo logs covers which epoch, and what may come next; it does no I/O.
///
/// One log is of the committed epoch, one of the epoch whose checkpoint is under way, and one is prepared for the next
/// barrier, so that a barrier has nothing to make.
struct EpochSlots: Equatable, Sendable {
    static let count = 3

    enum Content: Equatable, Sendable {
        /// Nothing is loaded.
        case empty
        /// A log that takes nothing down yet.
        case prepared
        /// A log that has the content that the disk had at the barrier of the epoch.
        case covers(Epoch)
    }

    private(set) var contents = [Content](repeating: .empty, count: count)

    /// The epochs that can be taken back to, oldest first.
    var epochs: [Epoch] { live.map(\.epoch) }

    /// The slot that the next barrier needs prepared, or `nil` when one is prepared or none is free.
    var toPrepare: Int? { prepared == nil ? contents.firstIndex(of: .empty) : nil }

    /// The slot that the next barrier takes.
    var prepared: Int? { contents.firstIndex(of: .prepared) }

    /// The slot that has the content of an epoch: its own, or of the last barrier before it when it had none.
    func covering(_ epoch: Epoch) -> Int? { live.last { $0.epoch <= epoch }?.slot }

    /// The slots that nobody needs once an epoch is committed.
    func obsolete(at epoch: Epoch) -> [Int] {
        guard let kept = live.last(where: { $0.epoch <= epoch }) else { return [] }
        return live.filter { $0.epoch < kept.epoch }.map(\.slot)
    }

    /// The slots of barriers after an epoch.
    func newer(than epoch: Epoch) -> [Int] { live.filter { $0.epoch > epoch }.map(\.slot) }

    mutating func set(_ slot: Int, _ content: Content) { contents[slot] = content }

    private var live: [(epoch: Epoch, slot: Int)] {
        contents.enumerated().compactMap { slot, content in
            if case .covers(let epoch) = content { (epoch, slot) } else { nil }
        }.sorted { $0.epoch < $1.epoch }
    }
}
