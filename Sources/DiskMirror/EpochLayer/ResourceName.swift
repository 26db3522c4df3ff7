/// The names that follow from a resource's, so that a later process finds what an earlier one left.
enum ResourceName {
    /// The device below DRBD.
    static let layerPrefix = "replicactl-"
    /// The snapshots, whose names no layer device can have.
    static let undoPrefix = "replicactl_undo-"

    static func layer(_ resource: String) -> String { layerPrefix + resource }
    static func layerUUID(_ resource: String) -> String { "REPLICACTL-DISK-\(resource)" }
    static func undo(_ resource: String, slot: Int) -> String { "\(undoPrefix)\(resource)-\(slot)" }
    /// The udev rule in config/udev knows the snapshots by the beginning of this.
    static func undoUUID(_ resource: String, slot: Int) -> String { "REPLICACTL-UNDO-\(resource)-\(slot)" }

    /// Checks that a resource's name can be part of a device's and of a file's.
    static func check(_ resource: String) throws(EpochLayerError) {
        let bytes = resource.utf8
        let letters = bytes.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-"): true
            default: false
            }
        }
        guard let first = bytes.first, first != UInt8(ascii: "."), first != UInt8(ascii: "-"), letters,
            bytes.count <= UndoJournalHeader.longestName
        else { throw .badName(resource) }
    }
}
