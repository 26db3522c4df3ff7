internal import Glibc
internal import ReplicaModel
internal import SystemKit

extension ToolstackHelper {
    private static let verb = "create"

    /// Makes a domain from its configuration and lets it run, for instance after its guest has rebooted.
    ///
    /// The domain has the identity, the name and the hardware addresses of the configuration, and libxl's own books of it,
    /// so that `xl` works on it; it has no monitor of `xl`'s. Only for the host that owns the domain (safety rule 2).
    ///
    /// - Parameters:
    ///   - configuration: How the domain is made.
    ///   - hypervisor: This host's hypervisor.
    ///   - log: Called for each line that libxl says, on another thread.
    /// - Returns: The domain, running.
    /// - Throws: ``ToolstackError/domainExists(_:_:)`` and ``ToolstackError/bootFileMissing(_:)`` before anything is done;
    ///   otherwise the failed call, with nothing of the new domain left.
    public static func create(
        _ configuration: DomainConfiguration, hypervisor: Hypervisor, log: @escaping @Sendable (String) -> Void
    ) throws(ToolstackError) -> DomainID {
        let older = try hypervisor.domains().filter { $0.identity == configuration.identity }
        // One that has ended and is kept under another name does not count.
        if let live = older.first(where: { GuestEnd(state: $0.state) == nil }) {
            throw .domainExists(configuration.identity, live.id)
        }
        if let missing = configuration.missingBootFiles.first { throw .bootFileMissing(missing) }
        do throws(ToolstackError) { return try run(configuration, log) } catch {
            // An answer that did not come may still have been obeyed; what is not running is of no use.
            for domain in try hypervisor.domains() where domain.identity == configuration.identity {
                guard !older.contains(where: { $0.id == domain.id }) else { continue }
                switch domain.state {
                case .running, .blocked: return domain.id
                case .paused, .shutdown: try destroy(domain.id, log: log)
                case .dying: break
                }
            }
            throw error
        }
    }

    private static func run(
        _ configuration: DomainConfiguration, _ log: @escaping @Sendable (String) -> Void
    ) throws(ToolstackError) -> DomainID {
        signal(SIGPIPE, SIG_IGN)
        let channel = try ChannelEnds.opened(for: verb, ChannelEnds.connection)
        let process = try HelperProcess(
            verb: verb,
            descriptors: [
                DescriptorPlan(source: channel.far.number, target: ToolstackHelperProcess.controlDescriptor)
            ], log: log)
        var control = channel.keepNear()
        let request = HelperMessage.create(configurationBytes: configuration.json.utf8.count)
        do throws(SystemError) { try control.write(request.line + "\n" + configuration.json) } catch {
            throw process.failure("it did not take the configuration: \(error)")
        }
        switch control.line(until: Clock.monotonic + bound.nanoseconds) {
        case .timedOut: throw .helperTimedOut(verb: verb, bound)
        case .end: throw process.failure("it ended with status \(process.wait())")
        case .line(let line):
            switch HelperMessage(line: line) {
            case .running(let domain):
                // A device model of the guest's is the helper's child and goes on.
                process.leave(timeout: bound)
                return domain
            case .failed(let text): throw process.failure(text)
            default: throw process.failure("it said \(line)")
            }
        }
    }
}

extension DomainConfiguration {
    /// The boot files that this host does not have.
    public var missingBootFiles: [String] { bootFiles.filter { access($0, R_OK) != 0 } }
}
