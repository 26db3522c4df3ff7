internal import SystemKit

/// Follows DRBD's state by the kernel's own notifications: first the whole state, then each change.
///
/// For one thread. When more changed than the socket holds, the whole state is told once more, so a reader that folds all
/// events into a ``MirrorTable`` is right again whatever it missed. A change that was under way during the dump may be told
/// once more after it: the table can then be older than it was for an instant, and is right with the last event.
public struct MirrorEvents: ~Copyable {
    private var socket: MirrorSocket
    /// Holds the state of the last dump until it is taken; bounded by the number of DRBD's objects.
    private var waiting: [MirrorEvent] = []
    private var next = 0
    private var mustDump = true

    /// How long the kernel may take to tell its state.
    private static let dumpPatience: UInt64 = 5_000_000_000

    /// Begins to follow.
    ///
    /// - Throws: ``MirrorError``; ``MirrorError/moduleMissing`` when the kernel has no DRBD.
    public init() throws(MirrorError) {
        let socket = try MirrorSocket()
        // Before the dump, so that no change falls between the two.
        try socket.follow()
        self.socket = socket
    }

    /// Waits for the next event.
    ///
    /// - Parameter deadline: Nanoseconds of the monotonic clock after which to stop waiting; one in the past only looks.
    ///   While the kernel tells its whole state, at the beginning and after a loss, up to 5 seconds more.
    /// - Returns: `nil` when the deadline passed.
    /// - Throws: ``MirrorError``; follow anew after it.
    public mutating func next(before deadline: UInt64) throws(MirrorError) -> MirrorEvent? {
        while true {
            if next < waiting.count {
                next += 1
                return waiting[next - 1]
            }
            waiting.removeAll(keepingCapacity: true)
            next = 0
            if mustDump {
                waiting = try Self.wholeState()
                mustDump = false
                continue
            }
            switch try socket.receive(before: deadline) {
            case .nothing: return nil
            case .overrun: try startAnew()
            case .messages(let messages): try take(messages)
            }
        }
    }

    private mutating func take(_ messages: [MirrorMessage]) throws(MirrorError) {
        for message in messages {
            guard case .content(let content) = message else { continue }
            if let event = try Self.understood(content) { waiting.append(event) }
        }
    }

    /// Throws away what is left of a queue that lost messages, and has the state told anew.
    private mutating func startAnew() throws(MirrorError) {
        emptying: while true {
            switch try socket.receive(before: 0) {
            case .nothing: break emptying
            case .overrun, .messages: continue
            }
        }
        mustDump = true
    }

    /// All of DRBD's state, between the two marks of a dump.
    ///
    /// On a socket of its own, so that a notification in between is not mistaken for a part of it.
    static func wholeState() throws(MirrorError) -> [MirrorEvent] {
        var events: [MirrorEvent] = [.dumpBegins]
        var socket = try MirrorSocket()
        try socket.dump(DRBDInterface.Command.getInitialState, before: Clock.monotonic + dumpPatience) {
            (content) throws(MirrorError) in
            if let event = try understood(content) { events.append(event) }
        }
        if events.last != .dumpEnds { events.append(.dumpEnds) }
        return events
    }

    private static func understood(_ content: MirrorMessage.Content) throws(MirrorError) -> MirrorEvent? {
        do throws(MalformedMessage) { return try MirrorEvent(content) } catch { throw .notUnderstood(error.what) }
    }
}
