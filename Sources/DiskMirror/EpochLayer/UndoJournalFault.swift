/// What is wrong with a journal.
public enum UndoJournalFault: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file is shorter or longer than its header says, or than a header is.
    case wrongLength
    /// It does not begin as a journal does.
    case notAJournal
    /// A format of another version.
    case version(UInt32)
    /// The checksum of the header or of the rest is wrong.
    case damaged
    /// It is of another resource.
    case otherResource(String)
    /// Its runs overlap, are not in order, or reach beyond the disk.
    case badRuns
    /// It is not marked with the identifiers that the data have: they are not what it was written for.
    case otherData
    /// The device is smaller than what is to be written back.
    case deviceTooSmall(deviceBytes: UInt64)

    /// One clause that says what was found.
    public var description: String {
        switch self {
        case .wrongLength: "its length is wrong, it was cut off"
        case .notAJournal: "it does not begin as a journal"
        case .version(let version): "its format is of version \(version), which this program does not know"
        case .damaged: "its checksum is wrong"
        case .otherResource(let name): "it is of the resource \"\(name)\""
        case .badRuns: "its runs overlap or reach beyond the disk"
        case .otherData: "it was not begun for the data that the disk has"
        case .deviceTooSmall(let bytes): "the device has \(bytes) bytes, fewer than the journal is for"
        }
    }
}
