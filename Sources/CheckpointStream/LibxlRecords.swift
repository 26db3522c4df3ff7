/// The libxl records around libxc's, as the backup writes them to the restore helper.
///
/// The stream is ``preamble``, an image, and then for each checkpoint its records and ``commit``. Only the backup writes
/// ``commit``, after it verified the checkpoint: nothing that a peer sends can contain it.
public enum LibxlRecords {
    /// The stream's header: "LibxlFmt", version 2, little-endian records.
    public static let streamHeader: [UInt8] = Array("LibxlFmt".utf8) + [0, 0, 0, 2, 0, 0, 0, 0]
    /// What follows is libxc's, up to its CHECKPOINT.
    public static let libxcContext: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0]
    /// The checkpoint is complete: libxl takes it.
    public static let checkpointEnd: [UInt8] = [4, 0, 0, 0, 0, 0, 0, 0]
    /// The end of the stream.
    public static let end: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0]

    /// What comes before the image.
    public static let preamble: [UInt8] = streamHeader + libxcContext

    /// libxc's CHECKPOINT and libxl's CHECKPOINT_END: written after a verified checkpoint, they make it count.
    public static let commit: [UInt8] = [0x0e, 0, 0, 0, 0, 0, 0, 0] + checkpointEnd
}
