public import ReplicaModel
internal import SystemKit
internal import Telemetry
public import XenToolstack

/// What the plan for an ended guest is carried out with; a test gives its own.
public struct GuestLifeTools: Sendable {
    /// Libxl's configuration of a domain that has shut down.
    public var describe: @Sendable (DomainID) throws(ToolstackError) -> DomainConfiguration
    /// The boot files that this host lacks for a start.
    public var missingBootFiles: @Sendable (DomainConfiguration) -> [String]
    /// Writes a guest's memory to a file.
    public var dumpCore: @Sendable (DomainID, DomainConfiguration) throws(ToolstackError) -> Void
    /// Destroys a domain and waits until it is gone.
    public var destroy: @Sendable (DomainID, DomainIdentity) throws(ToolstackError) -> Void
    /// Keeps a domain under another name; gives that name back.
    public var setAside: @Sendable (DomainID, _ name: String) throws(ToolstackError) -> String
    /// Makes a domain and lets it run.
    public var create: @Sendable (DomainConfiguration) throws(ToolstackError) -> DomainID
    /// Waits.
    public var pause: @Sendable (Milliseconds) -> Void

    /// Makes a set of tools.
    public init(
        describe: @escaping @Sendable (DomainID) throws(ToolstackError) -> DomainConfiguration,
        missingBootFiles: @escaping @Sendable (DomainConfiguration) -> [String],
        dumpCore: @escaping @Sendable (DomainID, DomainConfiguration) throws(ToolstackError) -> Void,
        destroy: @escaping @Sendable (DomainID, DomainIdentity) throws(ToolstackError) -> Void,
        setAside: @escaping @Sendable (DomainID, _ name: String) throws(ToolstackError) -> String,
        create: @escaping @Sendable (DomainConfiguration) throws(ToolstackError) -> DomainID,
        pause: @escaping @Sendable (Milliseconds) -> Void
    ) {
        self.describe = describe
        self.missingBootFiles = missingBootFiles
        self.dumpCore = dumpCore
        self.destroy = destroy
        self.setAside = setAside
        self.create = create
        self.pause = pause
    }

    /// The tools of this host: libxl in helper processes.
    ///
    /// - Parameters:
    ///   - hypervisor: This host's hypervisor.
    ///   - dumpDirectory: Where memory is written to; the default is `xl`'s.
    /// - Returns: The tools.
    public static func ofHost(
        _ hypervisor: Hypervisor, dumpDirectory: String = "/var/lib/xen/dump"
    ) -> GuestLifeTools {
        let log: @Sendable (String) -> Void = {
            Log.info("The toolstack helper said something", ("REPLICACTL_DETAIL", $0))
        }
        return GuestLifeTools(
            describe: { (domain) throws(ToolstackError) in try ToolstackHelper.describe(domain, log: log) },
            missingBootFiles: { $0.missingBootFiles },
            dumpCore: { (domain, configuration) throws(ToolstackError) in
                try ToolstackHelper.dumpCore(
                    of: domain, memoryKiB: configuration.maximumMemoryKiB, into: dumpDirectory,
                    name: configuration.name, log: log)
            },
            destroy: { (domain, identity) throws(ToolstackError) in
                try ToolstackHelper.destroyWholly(domain, identity: identity, hypervisor: hypervisor, log: log)
            },
            setAside: { (domain, name) throws(ToolstackError) in
                try ToolstackHelper.setAside(domain, name: name, log: log)
            },
            create: { (configuration) throws(ToolstackError) in
                try ToolstackHelper.create(configuration, hypervisor: hypervisor, log: log)
            },
            pause: { Clock.sleep(milliseconds: $0.rawValue) })
    }
}
