import Foundation

/// What DRBD says of a resource on one host.
struct MirrorState: Equatable, Sendable, CustomStringConvertible {
    /// The connection: `Connected`, `WFConnection`, `SyncSource`, `VerifyS`, ...
    let connection: String
    /// The role here: `Primary` or `Secondary`.
    let role: String
    /// The role there, or `Unknown`.
    let peerRole: String
    /// The disk here: `UpToDate`, `Inconsistent`, `Diskless`, ...
    let disk: String
    /// The disk there, or `DUnknown`.
    let peerDisk: String
    /// Data known to differ, in KiB.
    let outOfSync: Int
    /// What was written to the disk here since the resource is up, in KiB.
    let written: Int

    /// The state as a person reads it.
    var description: String { "\(connection) \(role)/\(peerRole) \(disk)/\(peerDisk), \(outOfSync) KiB out of sync" }

    /// Whether both disks are the same, as far as DRBD knows, and nothing is going on.
    var isInSync: Bool {
        connection == "Connected" && disk == "UpToDate" && peerDisk == "UpToDate" && outOfSync == 0
    }

    /// Finds a device in `/proc/drbd` of DRBD 8.4; `nil` comes of one that is not configured.
    ///
    /// - Parameters:
    ///   - text: The file's text.
    ///   - minor: The device's minor number.
    init?(text: String, minor: Int) {
        let lines = text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        guard let index = lines.firstIndex(where: { $0.hasPrefix("\(minor): cs:") }) else { return nil }
        // The device's lines end where the next device begins.
        let own = lines[index...].prefix { $0 == lines[index] || $0.wholeMatch(of: /\d+: cs:.*/) == nil }
        var fields: [String: String] = [:]
        for word in own.joined(separator: " ").split(separator: " ") {
            let parts = word.split(separator: ":", maxSplits: 1).map(String.init)
            if parts.count == 2, fields[parts[0]] == nil { fields[parts[0]] = parts[1] }
        }
        let pair = { (name: String) -> (String, String)? in
            let parts = fields[name]?.split(separator: "/").map(String.init) ?? []
            return parts.count == 2 ? (parts[0], parts[1]) : nil
        }
        guard let connection = fields["cs"] else { return nil }
        let roles = pair("ro")
        let disks = pair("ds")
        self.connection = connection
        role = roles?.0 ?? "Unconfigured"
        peerRole = roles?.1 ?? "Unknown"
        disk = disks?.0 ?? "Diskless"
        peerDisk = disks?.1 ?? "DUnknown"
        outOfSync = fields["oos"].flatMap(Int.init) ?? 0
        written = fields["dw"].flatMap(Int.init) ?? 0
    }
}
