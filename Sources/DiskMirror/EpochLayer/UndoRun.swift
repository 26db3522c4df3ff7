/// A part of the disk whose old content is to be written back.
public struct UndoRun: Equatable, Sendable {
    /// Where it begins, in bytes from the start of the disk.
    public let offset: UInt64
    /// How long it is, more than 0.
    public let bytes: UInt64

    /// Makes a run.
    public init(offset: UInt64, bytes: UInt64) {
        self.offset = offset
        self.bytes = bytes
    }
}
