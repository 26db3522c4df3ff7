// The parts of a report on the local socket. An optional number is a byte, 0 or 1, and then the number if it is there.

internal import ReplicaModel

extension MutableRawSpan {
    mutating func putOptional(_ value: UInt64?, _ cursor: inout Int) {
        put(value == nil ? 0 : 1 as UInt8, &cursor)
        if let value { put(value, &cursor) }
    }
}

extension RawSpan {
    /// The outer `nil` says that the bytes are not valid, the inner one that there is no number.
    func takeOptional(_ cursor: inout Int) -> UInt64?? {
        switch take(UInt8.self, &cursor) {
        case 0: return .some(nil)
        case 1: return take(UInt64.self, &cursor).map { .some($0) }
        default: return nil
        }
    }
}

extension PeerVerdict {
    func put(into bytes: inout MutableRawSpan, _ cursor: inout Int) {
        switch self {
        case .unknown: bytes.put(1 as UInt8, &cursor)
        case .alive: bytes.put(2 as UInt8, &cursor)
        case .suspect(let silent):
            bytes.put(3 as UInt8, &cursor)
            bytes.put(silent.rawValue, &cursor)
        case .dead(let since):
            bytes.put(4 as UInt8, &cursor)
            bytes.put(since.nanoseconds, &cursor)
        }
    }

    init?(taking bytes: RawSpan, _ cursor: inout Int) {
        switch bytes.take(UInt8.self, &cursor) {
        case 1: self = .unknown
        case 2: self = .alive
        case 3:
            guard let silent = bytes.take(UInt8.self, &cursor) else { return nil }
            self = .suspect(silent: PathSet(rawValue: silent))
        case 4:
            guard let since = bytes.take(UInt64.self, &cursor) else { return nil }
            self = .dead(since: MonotonicTime(nanoseconds: since))
        default: return nil
        }
    }
}

extension PathReport {
    func put(into bytes: inout MutableRawSpan, _ cursor: inout Int) {
        let text = name.utf8
        bytes.put(UInt8(text.count), &cursor)
        for byte in text { bytes.put(byte, &cursor) }
        bytes.put(network.rawValue, &cursor)
        bytes.putOptional(lastHeard?.nanoseconds, &cursor)
        bytes.putOptional(lastEchoOfOurs?.nanoseconds, &cursor)
        bytes.put((localCarrier ? 1 : 0) | (isSilent ? 2 : 0) as UInt8, &cursor)
        bytes.putOptional(roundTrip, &cursor)
        bytes.put(received, &cursor)
        bytes.put(missed, &cursor)
        bytes.put(late, &cursor)
    }

    init?(taking bytes: RawSpan, _ cursor: inout Int) {
        guard let length = bytes.take(UInt8.self, &cursor), length <= HeartbeatLimits.pathName else { return nil }
        var text: [UInt8] = []
        for _ in 0..<length {
            guard let byte = bytes.take(UInt8.self, &cursor) else { return nil }
            text.append(byte)
        }
        guard let name = String(validating: text, as: UTF8.self),
            let network = bytes.take(UInt8.self, &cursor).flatMap(PathNetwork.init(rawValue:)),
            let lastHeard = bytes.takeOptional(&cursor), let lastEcho = bytes.takeOptional(&cursor),
            let flags = bytes.take(UInt8.self, &cursor), flags <= 3,
            let roundTrip = bytes.takeOptional(&cursor), let received = bytes.take(UInt64.self, &cursor),
            let missed = bytes.take(UInt64.self, &cursor), let late = bytes.take(UInt64.self, &cursor)
        else { return nil }
        self.init(name: name, network: network)
        self.lastHeard = lastHeard.map(MonotonicTime.init(nanoseconds:))
        lastEchoOfOurs = lastEcho.map(MonotonicTime.init(nanoseconds:))
        localCarrier = flags & 1 != 0
        isSilent = flags & 2 != 0
        self.roundTrip = roundTrip
        self.received = received
        self.missed = missed
        self.late = late
    }
}

extension Lateness {
    func put(into bytes: inout MutableRawSpan, _ cursor: inout Int) {
        for index in counts.indices { bytes.put(counts[index], &cursor) }
        bytes.put(last, &cursor)
        bytes.put(maximum, &cursor)
        bytes.put(graces, &cursor)
        bytes.putOptional(graceSince?.nanoseconds, &cursor)
    }

    init?(taking bytes: RawSpan, _ cursor: inout Int) {
        self.init()
        for index in counts.indices {
            guard let count = bytes.take(UInt64.self, &cursor) else { return nil }
            counts[index] = count
        }
        guard let last = bytes.take(UInt64.self, &cursor), let maximum = bytes.take(UInt64.self, &cursor),
            let graces = bytes.take(UInt64.self, &cursor), let graceSince = bytes.takeOptional(&cursor)
        else { return nil }
        self.last = last
        self.maximum = maximum
        self.graces = graces
        self.graceSince = graceSince.map(MonotonicTime.init(nanoseconds:))
    }
}
