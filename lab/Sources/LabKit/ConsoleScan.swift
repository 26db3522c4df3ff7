import Foundation

/// A line of a host's console that should not be there.
public struct ConsoleFinding: Sendable, CustomStringConvertible {
    /// What kind of trouble a line tells of.
    public enum Kind: String, Sendable {
        /// A kernel or Xen stopped.
        case panic
        /// A kernel or Xen ran into its own error.
        case bug
        /// Xen killed a guest for what it, or its toolstack, did.
        case guestCrash
        /// Something did not run for long.
        ///
        /// A freeze causes this too.
        case stall
        /// A process was killed for want of memory.
        case outOfMemory
        /// A kernel's `WARN_ON`.
        case warning
    }

    /// The host.
    public let host: HostName
    /// The kind of trouble.
    public let kind: Kind
    /// The line.
    public let line: String

    /// The finding in one line.
    public var description: String { "\(host): \(kind.rawValue): \(line)" }

    /// Finds the lines of a console log that tell of trouble.
    ///
    /// - Parameters:
    ///   - text: The log.
    ///   - host: The host that wrote it.
    /// - Returns: The findings, in the log's order.
    public static func scan(_ text: String, host: HostName) -> [ConsoleFinding] {
        text.split(whereSeparator: \.isNewline).compactMap { line in
            guard let kind = marks.first(where: { line.contains($0.text) })?.kind else { return nil }
            return ConsoleFinding(host: host, kind: kind, line: String(line))
        }
    }

    private static let marks: [(text: String, kind: Kind)] = [
        ("Kernel panic", .panic), ("(XEN) Panic on CPU", .panic), ("(XEN) FATAL", .panic),
        ("(XEN) Xen BUG", .bug), ("(XEN) Assertion", .bug), ("(XEN) Xen WARN", .warning),
        ("Oops:", .bug), ("kernel BUG at", .bug), ("BUG: soft lockup", .stall), ("BUG: workqueue lockup", .stall),
        ("BUG:", .bug), ("general protection fault", .bug), ("domain_crash called", .guestCrash),
        ("self-detected stall", .stall), ("detected stalls on", .stall), ("blocked for more than", .stall),
        ("TX timeout on queue", .stall),
        ("Out of memory: Killed", .outOfMemory), ("WARNING: CPU:", .warning),
    ]
}

/// A place in both console logs, to look at what comes after it.
public struct ConsoleMark: Sendable {
    fileprivate let offsets: [HostName: UInt64]
}

extension Lab {
    /// Marks the present end of both console logs.
    ///
    /// - Returns: The mark.
    public func markConsoles() -> ConsoleMark {
        let pairs = HostName.allCases.map { ($0, Files.size(layout.consoleLog($0))) }
        return ConsoleMark(offsets: Dictionary(uniqueKeysWithValues: pairs))
    }

    /// Looks for panics, oopses and bugs in both console logs.
    ///
    /// - Parameter mark: Where to start; `nil` takes the logs from their beginning.
    /// - Returns: The findings, xen1's first.
    /// - Throws: ``LabError`` if a log cannot be read.
    public func scanConsoles(since mark: ConsoleMark? = nil) throws(LabError) -> [ConsoleFinding] {
        var findings: [ConsoleFinding] = []
        for host in HostName.allCases where Files.exists(layout.consoleLog(host)) {
            let log = try Files.read(layout.consoleLog(host))
            let offset = Int(mark?.offsets[host] ?? 0)
            findings += ConsoleFinding.scan(String(decoding: log.utf8.dropFirst(offset), as: UTF8.self), host: host)
        }
        return findings
    }
}
