import CheckpointStream
import ReplicaModel
import SystemKit

/// Single frames, also such that this release would not send.
enum FrameSample {
    /// The header of an empty frame of any version.
    static func header(_ type: MessageType, version: UInt16) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: FrameHeader.size)
        try bytes.withUnsafeMutableBytes { raw in
            try FrameHeader(
                type: type, payloadLength: 0, generation: .none, epoch: .none, sequence: 1, payloadChecksum: 0
            ).encode(into: raw)
            raw.storeBytes(of: version.littleEndian, toByteOffset: 4, as: UInt16.self)
            let checksum = Checksum.of(UnsafeRawBufferPointer(rebasing: raw[..<44]))
            raw.storeBytes(of: checksum.littleEndian, toByteOffset: 44, as: UInt32.self)
        }
        return bytes
    }
}
