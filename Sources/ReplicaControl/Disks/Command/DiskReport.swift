// What `replicactl disk status` tells of each resource, for people and for programs.

internal import DiskMirror
internal import ReplicaModel

/// The state of the disks of this host.
struct DiskReport: Encodable, Equatable, Sendable {
    /// One resource.
    struct Disk: Encodable, Equatable, Sendable {
        var resource: String
        /// The node of the DRBD device; `nil` when DRBD does not know the resource.
        var device: String?
        var role: String?
        var peerRole: String?
        var connection: String?
        var disk: String?
        var peerDisk: String?
        /// What DRBD has below it.
        var lower: String?
        /// How much of a resync is done, in percent; `nil` when none runs.
        var resyncPercent: Double?
        var layer: Layer
        /// A takeover was not finished.
        var journalPending: Bool
        /// What stands against a protection now; none when there is nothing.
        var obstacles: [Obstacle]
        /// What is configured and must not be.
        var warnings: [String]
    }

    /// The epoch layer.
    struct Layer: Encodable, Equatable, Sendable {
        enum State: String, Encodable { case none, atRest = "at-rest", armed }
        var state: State
        /// While it is armed: each undo log that takes anything down.
        var logs: [Log]
    }

    /// An undo log; both are `nil` when it is full or failed.
    struct Log: Encodable, Equatable, Sendable {
        var usedBytes: UInt64?
        var boundBytes: UInt64?
    }

    /// One obstacle.
    struct Obstacle: Encodable, Equatable, Sendable {
        var problem: String
        var advice: String
    }

    var disks: [Disk]

    /// The report as text.
    var text: String {
        if disks.isEmpty { return "No DRBD resource is up here, and none is on the epoch layer.\n" }
        return disks.map(Self.text).joined(separator: "\n")
    }

    private static func text(_ disk: Disk) -> String {
        var lines = ["\(disk.resource)" + (disk.device.map { " (\($0))" } ?? "")]
        if let role = disk.role {
            lines.append(
                "  DRBD: \(disk.connection ?? "-"), \(role)/\(disk.peerRole ?? "-"), \(disk.disk ?? "-")/\(disk.peerDisk ?? "-")"
                    + (disk.resyncPercent.map { ", resync \($0) % done" } ?? ""))
            lines.append("  lower device: \(disk.lower ?? "NONE")")
        }
        lines.append("  epoch layer: \(text(disk.layer))")
        if disk.journalPending {
            lines.append("  UNFINISHED TAKEOVER: an undo journal is there; replicactl disk assemble")
        }
        if disk.obstacles.isEmpty { lines.append("  nothing stands against a protection") }
        for obstacle in disk.obstacles { lines.append("  OBSTACLE: \(obstacle.problem): \(obstacle.advice)") }
        for warning in disk.warnings { lines.append("  WARNING: \(warning)") }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func text(_ layer: Layer) -> String {
        switch layer.state {
        case .none: return "none"
        case .atRest: return "at rest"
        case .armed:
            let logs = layer.logs.map { log in
                guard let used = log.usedBytes, let bound = log.boundBytes else { return "FULL OR FAILED" }
                return "\(Quantity.bytes(used)) of \(Quantity.bytes(bound))"
            }
            return "armed" + (logs.isEmpty ? "" : ", undo logs: \(logs.joined(separator: ", "))")
        }
    }
}

extension DiskReport {
    /// Looks at this host.
    ///
    /// - Parameters:
    ///   - site: Where to look.
    ///   - resource: The one resource to tell of; `nil` for all.
    /// - Throws: ``CommandError``.
    init(_ site: DiskSite, resource: String?) throws(CommandError) {
        let rows = try site.status()
        let table = try site.mirror { () throws(MirrorError) in
            do throws(MirrorError) { return try MirrorTable.current() } catch {
                if error == .moduleMissing { return MirrorTable() }
                throw error
            }
        }
        let journals = UndoJournal.resources(in: site.journalFolder)
        let layers = try site.layer { () throws(EpochLayerError) in try EpochLayer.resources() }
        let known = Set(rows.map(\.resource) + journals + layers + site.boot.resources())
        if let resource, !known.contains(resource) {
            throw CommandError(
                .diskUnfit, "DRBD does not know a resource \(resource) here", hint: "drbdadm up \(resource)")
        }
        disks = []
        for name in known.sorted() where resource == nil || name == resource {
            disks.append(
                try Self.disk(
                    name, rows.filter { $0.resource == name }, table.resources[name],
                    hasJournal: journals.contains(name), site))
        }
    }

    private static func disk(
        _ name: String, _ rows: [MirrorStatus], _ state: MirrorState?, hasJournal: Bool, _ site: DiskSite
    ) throws(CommandError) -> Disk {
        let row = rows.first
        let layer = try site.layer { () throws(EpochLayerError) in try LayerDevice.find(resource: name) }
        let fills = try site.layer { () throws(EpochLayerError) in try EpochLayer.fills(of: name) }
        return Disk(
            resource: name, device: row.map { "/dev/drbd\($0.minor)" }, role: row?.role.description,
            peerRole: row?.peerRole.description, connection: row?.replication.description,
            disk: row?.diskState.description, peerDisk: row?.peerDiskState.description,
            lower: row?.disk?.backingDevice, resyncPercent: row?.resyncThousandths.map { Double($0) / 10 },
            layer: Layer(
                state: layer.map { $0.isArmed ? .armed : .atRest } ?? .none, logs: fills.map(Self.log)),
            journalPending: hasJournal,
            obstacles: obstacles(MirrorVerdict(of: state, status: rows, on: side(state)), state),
            warnings: site.files.warnings(on: name))
    }

    static func log(_ fill: UndoLogState.Fill) -> Log {
        switch fill {
        case .valid(let used, let bound): Log(usedBytes: used, boundBytes: bound)
        case .invalid: Log(usedBytes: nil, boundBytes: nil)
        }
    }

    /// What this host would be to a guest by its role now.
    private static func side(_ state: MirrorState?) -> MirrorObstacle.Side {
        state?.role == .primary ? .primary : .backup
    }

    private static func obstacles(_ verdict: MirrorVerdict, _ state: MirrorState?) -> [Obstacle] {
        verdict.obstacles.filter { obstacle in
            // Where no guest runs on either host nobody has to be primary.
            if case .peerRole(.secondary) = obstacle { return state?.role == .primary }
            return true
        }.map { Obstacle(problem: $0.problem, advice: $0.advice) }
    }
}
