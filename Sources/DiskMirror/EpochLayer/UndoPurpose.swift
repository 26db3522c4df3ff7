public import ReplicaModel

/// Which disk is taken back, to what, and by whom.
public struct UndoPurpose: Equatable, Sendable {
    /// The DRBD resource.
    public let resource: String
    /// The epoch whose content the disk is to have again.
    public let epoch: Epoch
    /// The generation of the owner that takes the disk back.
    public let generation: Generation
    /// A number that all disks of this takeover have, and no other takeover: they are taken back together or not at all.
    public let takeover: UInt64

    /// Makes a purpose.
    public init(resource: String, epoch: Epoch, generation: Generation, takeover: UInt64) {
        self.resource = resource
        self.epoch = epoch
        self.generation = generation
        self.takeover = takeover
    }
}
