/// The first bytes of every packet between the service and the local controller.
///
/// Both ends are of one build; the version only catches a service that was not restarted after an update.
enum LocalMessage {
    static let version: UInt8 = 2

    enum Kind: UInt8 {
        case report = 1
        case claims = 2
    }

    static func begin(_ kind: Kind, in bytes: inout MutableRawSpan, _ cursor: inout Int) {
        bytes.put(kind.rawValue, &cursor)
        bytes.put(version, &cursor)
    }

    /// Whether the next two bytes begin a message of the kind.
    static func isNext(_ kind: Kind, in bytes: RawSpan, _ cursor: inout Int) -> Bool {
        bytes.take(UInt8.self, &cursor) == kind.rawValue && bytes.take(UInt8.self, &cursor) == version
    }
}

extension ClaimList {
    func put(into bytes: inout MutableRawSpan, _ cursor: inout Int) {
        bytes.put(UInt8(count), &cursor)
        for index in indices {
            self[index].encode(into: &bytes, at: cursor)
            cursor += DomainClaim.encodedLength
        }
    }

    init?(taking bytes: RawSpan, _ cursor: inout Int) {
        guard let count = bytes.take(UInt8.self, &cursor) else { return nil }
        guard bytes.byteCount - cursor >= Int(count) * DomainClaim.encodedLength else { return nil }
        self.init()
        for _ in 0..<count {
            guard let claim = DomainClaim(decoding: bytes, at: cursor), append(claim) else { return nil }
            cursor += DomainClaim.encodedLength
        }
    }
}
