// Fencing: makes sure that the peer is off, by any command of ClusterLabs' fence-agents, and tells whether it worked.

internal import Glibc
public import ReplicaModel

/// Which fence agent ends the peer, and how; checked.
public struct FenceConfiguration: Equatable, Sendable {
    /// What the agent does to the peer.
    public enum Action: String, Equatable, Sendable, CaseIterable {
        /// Off, and off it stays until someone switches it on.
        case off
        /// Off and on again; the agent itself makes sure that it was off in between.
        case reboot
    }

    /// One of the agent's own settings, such as `ip` or `password`.
    public struct Option: Equatable, Sendable {
        /// The name, as in the agent's manual page.
        public let name: String
        /// The value; never shown.
        public let value: String

        /// Makes an option; it is checked with the rest.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The options at most.
    public static let mostOptions = 64
    /// The bytes of a name and of a value at most.
    public static let longestName = 64, longestValue = 256
    /// The shortest and the longest time for the agent.
    public static let timeoutRange: ClosedRange<Milliseconds> = 1000...600_000

    /// The agent's file.
    public let program: String
    /// Its settings.
    public let options: [Option]
    /// What it does to the peer.
    public let action: Action
    /// How long it may take in all, with the look at the result.
    public let timeout: Milliseconds
    /// Whether to ask the agent afterwards for the peer's state, and to believe only that.
    public let verifies: Bool

    /// Checks and keeps the settings.
    ///
    /// - Parameters:
    ///   - program: An absolute path, for instance `/usr/sbin/fence_ipmilan`.
    ///   - options: At most 64; `action` is not among them. They go to the agent's standard input, so that no other
    ///     process can read them.
    ///   - action: What to do to the peer.
    ///   - timeout: 1 s to 10 min.
    ///   - verifies: Whether to ask the agent afterwards for the peer's state.
    /// - Throws: ``FenceError``.
    public init(
        program: String, options: [Option], action: Action, timeout: Milliseconds, verifies: Bool
    ) throws(FenceError) {
        guard program.hasPrefix("/") else {
            throw .badConfiguration("\"\(program)\" is not the absolute path of a fence agent")
        }
        guard Self.timeoutRange.contains(timeout) else {
            throw .badConfiguration("a time of \(timeout.rawValue) ms for the fence agent is not in 1000 to 600000 ms")
        }
        guard options.count <= Self.mostOptions else {
            throw .badConfiguration("\(options.count) options for the fence agent are more than \(Self.mostOptions)")
        }
        var names: Set<String> = ["action", "option"]
        for option in options {
            try Self.check(option)
            guard names.insert(option.name).inserted else {
                throw .badConfiguration(
                    "the fence agent's option \(option.name) is set twice, or is the controller's to set")
            }
        }
        self.program = program
        self.options = options
        self.action = action
        self.timeout = timeout
        self.verifies = verifies
    }

    private static func check(_ option: Option) throws(FenceError) {
        let isName = option.name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"): true
            default: false
            }
        }
        guard isName, (1...longestName).contains(option.name.utf8.count) else {
            throw .badConfiguration("\"\(option.name)\" cannot be the name of a fence agent's option")
        }
        // A line break would begin another option, for instance another action.
        let isPlain = option.value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
        guard isPlain, option.value.utf8.count <= longestValue else {
            throw .badConfiguration("the value of the fence agent's option \(option.name) is too long or not one line")
        }
    }
}
