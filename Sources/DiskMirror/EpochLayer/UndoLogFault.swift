/// What is wrong with bytes that should be an undo log.
public enum UndoLogFault: Error, Equatable, Sendable, CustomStringConvertible {
    /// Fewer bytes than were asked for.
    case short
    /// The header has no magic number: no snapshot was ever loaded on the store, or it was overwritten.
    case noHeader
    /// The kernel marked the log invalid: it was full, or an I/O error hit it.
    case invalid
    /// A format of another version.
    case version(UInt32)
    /// The header has another chunk size than the table had.
    case chunkSize(sectors: UInt32)
    /// A chunk beyond the end of the disk.
    case chunkBeyondDisk(UInt64)
    /// Saved data that lies beyond the end of the store, or where the header or an area of entries is.
    case misplacedData(UInt64)
    /// The same chunk, or the same place of saved data, twice.
    case repeated(chunk: UInt64)
    /// The store ended before the entries did.
    case endless

    /// One clause that says what was found.
    public var description: String {
        switch self {
        case .short: "it is cut off"
        case .noHeader: "it has no header"
        case .invalid: "the kernel marked it invalid"
        case .version(let version): "its format is of version \(version), not 1"
        case .chunkSize(let sectors): "its chunks have \(sectors) sectors, which is not what was loaded"
        case .chunkBeyondDisk(let chunk): "it names chunk \(chunk), which the disk does not have"
        case .misplacedData(let chunk): "it has data at chunk \(chunk) of the store, where none can be"
        case .repeated(let chunk): "it names chunk \(chunk) twice"
        case .endless: "its entries do not end within the store"
        }
    }
}
