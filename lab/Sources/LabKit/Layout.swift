import Foundation

/// Where the lab keeps its files.
public struct Layout: Sendable {
    /// The `lab/` folder of the source tree.
    public let source: String
    /// The folder that outlives a lab: images, packages.
    ///
    /// Outside the source tree.
    public let cache: String
    /// Memory of each host in MiB, 1024 of it Dom0's.
    let hostMemory: Int
    /// Processors of each host, one of them Dom0's.
    let hostProcessors: Int

    private static let usualMemory = 2048

    /// Finds the folders from the environment: `REPLICACTL_LAB_SOURCE`, set by the launchers; `REPLICACTL_LAB_CACHE`,
    /// optional; `REPLICACTL_LAB_MEMORY`, the memory of a host in MiB, and `REPLICACTL_LAB_CPUS`, its processors, optional;
    /// `HOME`.
    ///
    /// - Throws: ``LabError`` with cause `missingRequirement`.
    public init() throws(LabError) {
        let environment = ProcessInfo.processInfo.environment
        guard let source = environment["REPLICACTL_LAB_SOURCE"] else {
            throw LabError(
                .missingRequirement, attempt: "find the lab's sources", outcome: "REPLICACTL_LAB_SOURCE is not set",
                remedy: "Start the launchers `lab/lab` and `lab/run`, not the programs behind them.")
        }
        self.source = source
        hostMemory = try Self.number(
            environment["REPLICACTL_LAB_MEMORY"], "REPLICACTL_LAB_MEMORY", unit: "MiB",
            Self.usualMemory...65_536)
        hostProcessors = try Self.number(
            environment["REPLICACTL_LAB_CPUS"], "REPLICACTL_LAB_CPUS", unit: "CPUs", 1...16)
        if let cache = environment["REPLICACTL_LAB_CACHE"] {
            self.cache = cache
        } else {
            guard let home = environment["HOME"] else {
                throw LabError(
                    .missingRequirement, attempt: "find the lab's cache", outcome: "HOME is not set",
                    remedy: "Set REPLICACTL_LAB_CACHE to a folder with 4 GiB of free space.")
            }
            self.cache = "\(home)/.cache/replicactl-lab"
        }
        // A unix socket's path has at most 107 bytes, and ssh adds 17 to its own.
        guard controlSocket(.xen1).utf8.count <= 90 else {
            throw LabError(
                .missingRequirement, attempt: "use the cache \(cache)",
                outcome: "the path is too long for unix sockets",
                remedy: "Set REPLICACTL_LAB_CACHE to a shorter path.")
        }
    }

    /// A size of the hosts; the least of its range unless the environment names another.
    private static func number(
        _ text: String?, _ name: String, unit: String, _ range: ClosedRange<Int>
    ) throws(LabError) -> Int {
        guard let text else { return range.lowerBound }
        guard let number = Int(text), range.contains(number) else {
            throw LabError(
                .badUsage, attempt: "understand \(name)",
                outcome: "it must be a number of \(unit) from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// The files of the running lab; `down` removes it.
    public var run: String { "\(cache)/run" }
    /// Finished host images, one folder for each key.
    var images: String { "\(cache)/images" }
    /// The lab's key pair and the hosts' key pair.
    ///
    /// Made once; images contain them.
    var keys: String { "\(cache)/keys" }
    /// The private key that hosts and guests accept for root.
    public var sshKey: String { "\(keys)/lab" }
    var knownHosts: String { "\(keys)/known_hosts" }
    /// The built guest kernel and initial RAM disk.
    var guestImage: String { "\(cache)/guest" }
    /// The key of the image that the running hosts booted from.
    var imageKeyFile: String { "\(run)/image" }
    /// One file for each guest; its content is the guest's number.
    var guests: String { "\(run)/guests" }
    /// Packet captures.
    public var captures: String { "\(run)/captures" }

    /// The log of a host's serial console: Xen's and Dom0's kernel messages.
    ///
    /// - Parameter host: The host.
    /// - Returns: The path of the file, on this machine. Boots are appended.
    public func consoleLog(_ host: HostName) -> String { "\(run)/\(host).console" }

    /// The live copy of a host's journal.
    ///
    /// It survives a power cut.
    ///
    /// - Parameter host: The host.
    /// - Returns: The path of the file, on this machine. Boots are appended.
    public func journal(_ host: HostName) -> String { "\(run)/\(host).journal" }

    /// The witness's data, which outlives its end.
    var witness: String { "\(run)/witness" }
    /// What the witness says.
    var witnessLog: String { "\(run)/witness.log" }

    func processFile(_ host: HostName) -> String { "\(run)/\(host).pid" }
    func monitorSocket(_ host: HostName) -> String { "\(run)/\(host).monitor" }
    func controlSocket(_ host: HostName) -> String { "\(run)/\(host).ssh" }
    /// This machine's end of a socket of a host, by the last part of its path there.
    func forwardedSocket(_ host: HostName, _ name: String) -> String { "\(run)/\(host).\(name)" }
    func systemDisk(_ host: HostName) -> String { "\(run)/\(host).system.qcow2" }
    func disk(_ disk: MirroredDisk, _ part: MirroredDisk.Part, of host: HostName) -> String {
        "\(run)/\(host).\(disk).\(part.rawValue).qcow2"
    }
}
