internal import ReplicaModel
internal import SystemKit

/// Short errands that need libxl, each in a helper process.
public enum ToolstackHelper {
    /// Libxl is waited for this long; it may wait for a device model or a script itself.
    private static let bound: Milliseconds = 60_000

    /// Asks libxl how a domain was made.
    ///
    /// - Parameters:
    ///   - domain: The domain.
    ///   - log: Called for each line that libxl says, on another thread.
    /// - Returns: Libxl's configuration of the domain.
    /// - Throws: ``ToolstackError/helperFailed(verb:message:)``, ``ToolstackError/helperTimedOut(verb:_:)``,
    ///   ``ToolstackError/helperNotStarted(verb:cause:)`` or ``ToolstackError/malformedConfiguration(_:)``.
    public static func describe(
        _ domain: DomainID, log: @escaping @Sendable (String) -> Void
    ) throws(ToolstackError) -> DomainConfiguration {
        try DomainConfiguration(json: run("describe", domain, log))
    }

    /// Has libxl destroy a domain, with its devices and xenstore nodes.
    ///
    /// - Parameters:
    ///   - domain: The domain; it stops at once.
    ///   - log: Called for each line that libxl says, on another thread.
    /// - Throws: As ``describe(_:log:)``.
    public static func destroy(_ domain: DomainID, log: @escaping @Sendable (String) -> Void) throws(ToolstackError) {
        _ = try run("destroy", domain, log)
    }

    /// Runs one verb to its end and gives back what it printed.
    private static func run(
        _ verb: String, _ domain: DomainID, _ log: @escaping @Sendable (String) -> Void
    ) throws(ToolstackError) -> String {
        let channel = try ChannelEnds.opened(for: verb, ChannelEnds.output)
        let process = try HelperProcess(
            verb: verb, arguments: [domain.description], output: channel.far.number, log: log)
        var reader = channel.keepNear()
        let deadline = Clock.monotonic + bound.nanoseconds
        var printed = ""
        while true {
            switch reader.line(until: deadline) {
            case .line(let line): printed += line + "\n"
            case .timedOut: throw .helperTimedOut(verb: verb, bound)
            case .end:
                let status = process.wait()
                guard status == 0 else { throw process.failure("it ended with status \(status)") }
                return printed
            }
        }
    }
}
