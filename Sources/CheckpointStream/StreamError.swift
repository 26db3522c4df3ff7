// CheckpointStream: the bytes of replication: libxc and libxl records, and the frames between two hosts. No I/O.

/// What is wrong with bytes that were to be written or read.
///
/// Every case found while reading means that the connection or the checkpoint must be given up: nothing is repaired.
public enum StreamError: Error, Equatable, Sendable {
    /// The caller's buffer is too small; make it as large as the size helpers say.
    case noRoom(needed: Int, available: Int)
    /// A record breaks the rules; `record` counts from 1 (0 stands for the headers), `offset` is where it starts.
    case record(number: Int, offset: UInt64, fault: RecordFault)
    /// The bytes do not begin a frame: the peer speaks something else.
    case notAFrame(magic: UInt32)
    /// The peer speaks another version of the protocol; install the same version on both hosts.
    case wrongVersion(theirs: UInt16)
    /// A frame header's checksum is wrong.
    case headerChecksum
    /// A frame payload's checksum is wrong.
    case payloadChecksum
    /// A message type that this version does not know.
    case unknownMessage(type: UInt16)
    /// A frame header or message whose content is against the rules.
    case malformed(MessageType, MessageFault)
    /// Something is longer than its limit, in bytes or elements.
    case tooLarge(MessageType, field: MessageField, actual: Int, limit: Int)
}

/// Why a message cannot be decoded or encoded.
public enum MessageFault: Equatable, Sendable {
    /// The payload ends inside a field.
    case truncated
    /// Bytes follow the last field.
    case trailingBytes(Int)
    /// Text that is not UTF-8, or holds a zero byte.
    case text(MessageField)
    /// A value that has no meaning.
    case value(MessageField)
    /// Bits that are reserved are set.
    case reservedBits
    /// A bulk type with a payload to decode, or a plain one without: the caller mixed them up.
    case wrongKind
}

/// The fields of messages, by the name that errors show.
public enum MessageField: String, Sendable {
    case payload, softwareVersion, hostName, domainName, configuration, bridges, bridgeName, ownership, home,
        cpuidPolicy, msrPolicy
    case checkOnly, flags, reason, text, hint, interfaces, hardwareAddress, ipv4, ipv6, highestFrame, disks, resource,
        devicePath, encoding, recordPages
}

extension StreamError: CustomStringConvertible {
    /// A sentence for the log.
    public var description: String {
        switch self {
        case .noRoom(let needed, let available):
            "the buffer has room for \(available) bytes and \(needed) are needed"
        case .record(let number, let offset, let fault):
            "record \(number) at offset \(offset) of the libxc stream is not valid: \(fault)"
        case .notAFrame(let magic):
            "the peer does not speak the replication protocol (first word 0x\(String(magic, radix: 16))): check the port"
        case .wrongVersion(let theirs):
            "the peer speaks protocol version \(theirs) and this host version \(FrameHeader.version): "
                + "install the same release of replicactl on both hosts"
        case .headerChecksum: "the checksum of a frame header is wrong"
        case .payloadChecksum: "the checksum of a frame's payload is wrong"
        case .unknownMessage(let type): "message type \(type) is not known"
        case .malformed(let type, let fault): "a message '\(type)' is malformed: \(fault)"
        case .tooLarge(let type, let field, let actual, let limit):
            "'\(field.rawValue)' of a message '\(type)' has \(actual) bytes or elements and \(limit) are allowed"
        }
    }
}

extension MessageFault: CustomStringConvertible {
    /// A phrase for the log.
    public var description: String {
        switch self {
        case .truncated: "it ends inside a field"
        case .trailingBytes(let count): "\(count) bytes follow its last field"
        case .text(let field): "'\(field.rawValue)' is not UTF-8 text without zero bytes"
        case .value(let field): "'\(field.rawValue)' has a value without a meaning"
        case .reservedBits: "reserved bits are set"
        case .wrongKind: "bulk data and messages were mixed up"
        }
    }
}
