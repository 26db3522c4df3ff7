import TestSupport

@testable import DiskMirror

/// Datagrams that a real kernel (Linux 6.1, DRBD 8.4.11) sent, one a line in hexadecimal digits.
struct Recording {
    let datagrams: [[UInt8]]

    init(_ name: String) throws {
        let text = try Repository.text("Tests/DiskMirrorTests/Mirror/Golden/\(name).hex")
        datagrams = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
            let digits = line.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue.map(UInt8.init) }
            return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
        }
    }

    /// The number that the kernel of the recording gave to the family: the type of the first message.
    var family: UInt16 { datagrams.first.map { $0[...].number16(at: 4) } ?? 0 }

    func contents() throws -> [MirrorMessage.Content] {
        try datagrams.flatMap { datagram in
            try MirrorMessage.all(in: datagram, family: family).compactMap { message in
                if case .content(let content) = message { content } else { nil }
            }
        }
    }

    func events() throws -> [MirrorEvent] { try contents().compactMap { try MirrorEvent($0) } }

    func status() throws -> [MirrorStatus] { try contents().map { try MirrorStatus($0) } }
}
