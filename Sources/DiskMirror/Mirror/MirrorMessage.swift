/// A message of DRBD's netlink family whose bytes are not of the form that they must have.
struct MalformedMessage: Error, Equatable {
    let what: String

    init(_ what: String) { self.what = what }
}

/// One netlink message as the kernel sent it.
enum MirrorMessage {
    /// The end of a dump.
    case done
    /// An acknowledgement (0) or a refusal by netlink itself, with its `errno`.
    case error(errno: Int32, sequence: UInt32)
    /// A reply or a notification of DRBD.
    case content(Content)

    struct Content {
        let sequence: UInt32
        let command: UInt8
        /// ``DRBDInterface/noMinor`` when the message is not of one device.
        let minor: UInt32
        /// In a reply: DRBD's answer code.
        let code: Int32
        let attributes: NetlinkAttributes
    }

    private static let doneType: UInt16 = 3
    private static let errorType: UInt16 = 2
    /// `nlmsghdr`, then `genlmsghdr`, then DRBD's own header.
    private static let netlinkHeader = 16
    private static let genericHeader = 4
    private static let ownHeader = 8

    /// Takes a datagram apart.
    ///
    /// - Parameters:
    ///   - datagram: What one receive gave; it may hold several messages.
    ///   - family: The number that the kernel gave the family; messages of other families are passed over.
    /// - Returns: The messages in their order.
    /// - Throws: ``MalformedMessage``.
    static func all(in datagram: [UInt8], family: UInt16) throws(MalformedMessage) -> [MirrorMessage] {
        var messages: [MirrorMessage] = []
        var rest = datagram[...]
        while rest.count >= netlinkHeader {
            let length = Int(rest.number32(at: 0))
            guard length >= netlinkHeader, length <= rest.count else {
                throw MalformedMessage("a message of \(length) bytes in \(rest.count)")
            }
            let message = rest.prefix(length)
            rest = rest.dropFirst((length + 3) & ~3)
            switch message.number16(at: 4) {
            case doneType:
                messages.append(.done)
            case errorType:
                guard length >= netlinkHeader + 4 else { throw MalformedMessage("an error without its number") }
                messages.append(
                    .error(
                        errno: -Int32(bitPattern: message.number32(at: netlinkHeader)),
                        sequence: message.number32(at: 8)))
            case family:
                messages.append(.content(try content(of: message)))
            default:
                continue
            }
        }
        return messages
    }

    private static func content(of message: ArraySlice<UInt8>) throws(MalformedMessage) -> Content {
        let start = netlinkHeader + genericHeader + ownHeader
        guard message.count >= start else { throw MalformedMessage("a message of \(message.count) bytes") }
        return Content(
            sequence: message.number32(at: 8), command: message[message.startIndex + netlinkHeader],
            minor: message.number32(at: netlinkHeader + genericHeader),
            code: Int32(bitPattern: message.number32(at: netlinkHeader + genericHeader + 4)),
            attributes: try NetlinkAttributes(message.dropFirst(start)))
    }

    /// Makes a request.
    ///
    /// - Parameters:
    ///   - command: One of ``DRBDInterface/Command``.
    ///   - family: The number that the kernel gave the family.
    ///   - sequence: Comes back in the answer.
    ///   - dump: Whether everything is asked for, in several messages.
    ///   - minor: The device, or ``DRBDInterface/noMinor``.
    ///   - attributes: The rest of the request.
    /// - Returns: The bytes to send.
    static func request(
        _ command: UInt8, family: UInt16, sequence: UInt32, dump: Bool, minor: UInt32, attributes: [UInt8]
    ) -> [UInt8] {
        let requestFlag: UInt16 = 1
        let dumpFlags: UInt16 = 0x300
        var bytes: [UInt8] = []
        bytes.append(number: UInt32(netlinkHeader + genericHeader + ownHeader + attributes.count))
        bytes.append(number: family)
        bytes.append(number: dump ? requestFlag | dumpFlags : requestFlag)
        bytes.append(number: sequence)
        bytes.append(number: UInt32(0))
        bytes += [command, DRBDInterface.version, 0, 0]
        bytes.append(number: minor)
        bytes.append(number: UInt32(0))
        bytes += attributes
        return bytes
    }
}
