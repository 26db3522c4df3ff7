internal import Glibc
public import ReplicaModel
internal import SystemKit

/// Short errands that need libxl, each in a helper process.
public enum ToolstackHelper {
    /// Libxl is waited for this long; it may wait for a device model or a script itself.
    static let bound: Milliseconds = 60_000
    /// The writing of a guest's memory to a file is waited for this long.
    private static let dumpBound: Milliseconds = 600_000

    /// Asks libxl how a domain was made.
    ///
    /// - Parameters:
    ///   - domain: The domain; it may have shut down.
    ///   - log: Called for each line that libxl says, on another thread.
    /// - Returns: Libxl's configuration of the domain.
    /// - Throws: ``ToolstackError/helperFailed(verb:message:)``, ``ToolstackError/helperTimedOut(verb:_:)``,
    ///   ``ToolstackError/helperNotStarted(verb:cause:)`` or ``ToolstackError/malformedConfiguration(_:)``.
    public static func describe(
        _ domain: DomainID, log: @escaping @Sendable (String) -> Void
    ) throws(ToolstackError) -> DomainConfiguration {
        try DomainConfiguration(json: run("describe", [domain.description], log))
    }

    /// Has libxl destroy a domain, with its devices and xenstore nodes.
    ///
    /// - Parameters:
    ///   - domain: The domain; it stops at once.
    ///   - log: Called for each line that libxl says, on another thread.
    /// - Throws: As ``describe(_:log:)``.
    public static func destroy(_ domain: DomainID, log: @escaping @Sendable (String) -> Void) throws(ToolstackError) {
        _ = try run("destroy", [domain.description], log)
    }

    /// Has libxl destroy a domain, and waits until Xen has taken back what was its own.
    ///
    /// - Parameters:
    ///   - domain: The domain; one that is gone already is no error.
    ///   - identity: Its UUID.
    ///   - hypervisor: This host's hypervisor.
    ///   - log: Called for each line that libxl says, on another thread.
    /// - Throws: ``ToolstackError/domainRemains(_:_:)``, or as ``describe(_:log:)``.
    public static func destroyWholly(
        _ domain: DomainID, identity: DomainIdentity, hypervisor: Hypervisor,
        log: @escaping @Sendable (String) -> Void
    ) throws(ToolstackError) {
        let deadline = Clock.monotonic + bound.nanoseconds
        while let state = try hypervisor.state(of: domain, identity: identity) {
            if Clock.monotonic > deadline { throw .domainRemains(identity, bound) }
            if state != .dying {
                do throws(ToolstackError) { try destroy(domain, log: log) } catch {
                    // Somebody else may have destroyed it in the meantime.
                    let now = try hypervisor.state(of: domain, identity: identity)
                    guard now == nil || now == .dying else { throw error }
                }
            }
            Clock.sleep(milliseconds: 20)
        }
    }

    /// Keeps a domain that has shut down under another name, and a new UUID in libxl's books, as `xl` does.
    ///
    /// Xen itself goes on to list it under its old UUID; see ``Hypervisor/domain(with:)``.
    ///
    /// - Parameters:
    ///   - domain: The domain.
    ///   - name: Its name.
    ///   - log: Called for each line that libxl says, on another thread.
    /// - Returns: Its new name: the old one and the time of day.
    /// - Throws: As ``describe(_:log:)``.
    public static func setAside(
        _ domain: DomainID, name: String, log: @escaping @Sendable (String) -> Void
    ) throws(ToolstackError) -> String {
        String(try run("set-aside", [domain.description, name], log).prefix { $0 != "\n" })
    }

    /// Writes a guest's memory to a file, if there is room for it.
    ///
    /// - Parameters:
    ///   - domain: The domain; it is paused meanwhile.
    ///   - memoryKiB: Its memory, in KiB.
    ///   - directory: Where the file goes; made if it is missing.
    ///   - name: The file's name; an older one of that name is replaced.
    ///   - log: Called for each line that libxl says, on another thread.
    /// - Throws: ``ToolstackError/noRoomForDump(path:neededMiB:)``, or as ``describe(_:log:)``.
    public static func dumpCore(
        of domain: DomainID, memoryKiB: UInt64, into directory: String, name: String,
        log: @escaping @Sendable (String) -> Void
    ) throws(ToolstackError) {
        mkdir(directory, 0o700)
        let path = directory + "/" + String(name.map { $0 == "/" ? "_" : $0 })
        // A full disk would harm the host for the sake of a file (safety rule 6).
        var room = statvfs()
        let free = statvfs(directory, &room) == 0 ? UInt64(room.f_bavail) * UInt64(room.f_frsize) / 1024 : 0
        guard free > memoryKiB else { throw .noRoomForDump(path: path, neededMiB: memoryKiB / 1024) }
        _ = try run("dump", [domain.description, path], log, bound: dumpBound)
    }

    /// Runs one verb to its end and gives back what it printed.
    private static func run(
        _ verb: String, _ arguments: [String], _ log: @escaping @Sendable (String) -> Void,
        bound: Milliseconds = bound
    ) throws(ToolstackError) -> String {
        let channel = try ChannelEnds.opened(for: verb, ChannelEnds.output)
        let process = try HelperProcess(verb: verb, arguments: arguments, output: channel.far.number, log: log)
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
