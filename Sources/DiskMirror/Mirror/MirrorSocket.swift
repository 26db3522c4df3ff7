internal import CNetlinkGeneric
internal import Glibc
internal import SystemKit

/// One generic netlink socket to DRBD.
struct MirrorSocket: ~Copyable {
    /// What a wait for a datagram ended with.
    enum Received {
        case messages([MirrorMessage])
        /// The deadline passed.
        case nothing
        /// The kernel had to drop messages, as too many waited here (`ENOBUFS`).
        case overrun
    }

    /// The bound of what the kernel keeps for us; a state change is some 300 bytes.
    private static let receiveBytes: Int32 = 1 << 20
    /// More than the kernel puts into one datagram.
    private static let datagramBytes = 64 << 10

    private let handle: OpaquePointer
    private let number: Int32
    private let family: UInt16
    private var sequence: UInt32
    private let buffer: AnonymousMemory

    init() throws(MirrorError) {
        let buffer = try Self.room()
        guard let socket = nl_socket_alloc() else {
            throw .system(action: "make a netlink socket", reason: "no memory")
        }
        let family: UInt16
        do throws(MirrorError) {
            family = try Self.connected(socket)
        } catch {
            nl_socket_free(socket)
            throw error
        }
        self.buffer = buffer
        self.family = family
        handle = socket
        sequence = 0
        number = nl_socket_get_fd(socket)
    }

    private static func room() throws(MirrorError) -> AnonymousMemory {
        do throws(SystemError) {
            return try AnonymousMemory(reserving: datagramBytes)
        } catch {
            throw .system(action: "make room for messages of DRBD", reason: error.description)
        }
    }

    deinit { nl_socket_free(handle) }

    /// Connects a socket and asks the kernel for DRBD's family.
    private static func connected(_ socket: OpaquePointer) throws(MirrorError) -> UInt16 {
        try netlink(genl_connect(socket), "open a netlink socket")
        try netlink(nl_socket_set_buffer_size(socket, receiveBytes, 0), "size a netlink socket")
        var cache: OpaquePointer?
        try netlink(genl_ctrl_alloc_cache(socket, &cache), "list the kernel's netlink families")
        defer { nl_cache_free(cache) }
        guard let found = genl_ctrl_search_by_name(cache, DRBDInterface.family) else { throw .moduleMissing }
        defer { genl_family_put(found) }
        let version = genl_family_get_version(found)
        guard version == DRBDInterface.version else { throw .otherModule(version: version) }
        return UInt16(truncatingIfNeeded: genl_family_get_id(found))
    }

    /// Begins to receive DRBD's notifications.
    borrowing func follow() throws(MirrorError) {
        let group = genl_ctrl_resolve_grp(handle, DRBDInterface.family, DRBDInterface.eventGroup)
        try Self.netlink(group, "find DRBD's notifications")
        try Self.netlink(nl_socket_add_membership(handle, group), "follow DRBD's notifications")
    }

    /// Sends a request.
    ///
    /// The kernel carries an order out inside this call, so it may take as long as the order does.
    ///
    /// - Returns: The number that the answer carries.
    mutating func send(
        _ command: UInt8, dump: Bool = false, minor: UInt32 = DRBDInterface.noMinor, attributes: [UInt8] = []
    ) throws(MirrorError) -> UInt32 {
        sequence += 1
        let request = MirrorMessage.request(
            command, family: family, sequence: sequence, dump: dump, minor: minor, attributes: attributes)
        let number = self.number
        do throws(SystemError) {
            try request.span.bytes.withUnsafeBytes { (raw) throws(SystemError) in
                _ = try retrying("send") { Glibc.send(number, raw.baseAddress, raw.count, 0) }
            }
        } catch {
            throw .system(action: "send a request to DRBD", reason: error.description)
        }
        return sequence
    }

    /// Waits for a datagram.
    ///
    /// - Parameter deadline: Nanoseconds of the monotonic clock; one in the past only looks.
    /// - Returns: What came, or why nothing did.
    /// - Throws: ``MirrorError``.
    borrowing func receive(before deadline: UInt64) throws(MirrorError) -> Received {
        let datagram: [UInt8]
        do throws(SystemError) {
            guard try wait(until: deadline) else { return .nothing }
            datagram = try read()
        } catch {
            switch error.code {
            case ENOBUFS: return .overrun
            case EAGAIN: return .nothing
            default: throw .system(action: "receive from DRBD", reason: error.description)
            }
        }
        do throws(MalformedMessage) {
            return .messages(try MirrorMessage.all(in: datagram, family: family))
        } catch {
            throw .notUnderstood(error.what)
        }
    }

    private borrowing func read() throws(SystemError) -> [UInt8] {
        let number = self.number
        let room = buffer.bytes
        // With MSG_TRUNC the whole length of the datagram is told, also of one that did not fit.
        let count = try retrying("recv") {
            recv(number, room.baseAddress, room.count, Int32(MSG_DONTWAIT | MSG_TRUNC))
        }
        guard count <= room.count else { throw SystemError(code: EMSGSIZE, call: "recv") }
        return Array(room[..<count])
    }

    private borrowing func wait(until deadline: UInt64) throws(SystemError) -> Bool {
        while true {
            let now = Clock.monotonic
            let left = deadline > now ? (deadline - now + 999_999) / 1_000_000 : 0
            var entry = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
            let ready = poll(&entry, 1, Int32(clamping: left))
            if ready > 0 { return true }
            if ready == 0 && left <= UInt64(Int32.max) { return false }
            if ready < 0 && errno != EINTR { throw .last("poll") }
        }
    }

    /// Turns libnl's result into an error.
    private static func netlink(_ result: Int32, _ action: String) throws(MirrorError) {
        guard result < 0 else { return }
        throw .system(action: action, reason: String(cString: nl_geterror(result)))
    }
}

extension MirrorSocket {
    /// Asks for everything of a kind and waits for all of it.
    ///
    /// - Parameters:
    ///   - command: The kind.
    ///   - deadline: Nanoseconds of the monotonic clock.
    ///   - take: Is given each message.
    /// - Throws: ``MirrorError``, also that of `take`.
    mutating func dump(
        _ command: UInt8, before deadline: UInt64, _ take: (MirrorMessage.Content) throws(MirrorError) -> Void
    ) throws(MirrorError) {
        let sequence = try send(command, dump: true)
        while true {
            switch try receive(before: deadline) {
            case .nothing:
                throw .notAnswered(action: "tell its state", on: "DRBD")
            case .overrun:
                throw .system(action: "receive the state of DRBD", reason: "too much at once")
            case .messages(let messages):
                for message in messages {
                    switch message {
                    case .done: return
                    case .error(let code, _):
                        throw .system(
                            action: "ask DRBD for its state", reason: SystemError(code: code, call: "dump").description)
                    case .content(let content):
                        if content.sequence == sequence { try take(content) }
                    }
                }
            }
        }
    }

    /// Gives an order about a device or an object of the attributes, and waits for the answer.
    mutating func order(
        _ command: UInt8, minor: UInt32, attributes: [UInt8], before deadline: UInt64
    ) throws(MirrorError) -> MirrorAnswer? {
        let sequence = try send(command, minor: minor, attributes: attributes)
        while true {
            switch try receive(before: deadline) {
            case .nothing: return nil
            case .overrun: continue
            case .messages(let messages):
                for message in messages {
                    switch message {
                    case .done: continue
                    case .error(let code, let answered):
                        guard answered == sequence else { continue }
                        throw .system(
                            action: "give DRBD an order", reason: SystemError(code: code, call: "netlink").description)
                    case .content(let content):
                        guard content.sequence == sequence else { continue }
                        return try MirrorAnswer(content)
                    }
                }
            }
        }
    }
}

extension MirrorAnswer {
    init(_ content: MirrorMessage.Content) throws(MirrorError) {
        do throws(MalformedMessage) {
            let text = try content.attributes.nest(DRBDInterface.Nest.reply).text(DRBDInterface.replyText)
            self.init(code: content.code, text: text ?? "")
        } catch {
            throw .notUnderstood(error.what)
        }
    }
}
