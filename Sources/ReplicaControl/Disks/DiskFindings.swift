// What is known of the disks that a guest writes to, before it is protected.

internal import DiskMirror
internal import ReplicaModel
internal import XenToolstack

/// The mirrored disks of a guest, and what stands in the way of protecting it with them.
struct DiskFindings: Sendable {
    /// The disks that it writes to, as far as they are mirrored; read-only ones need nothing.
    private(set) var disks: [GuestDisk] = []
    /// The obstacles, each with what to do.
    private(set) var obstacles: [CommandError] = []

    /// Looks at a guest's disks and at DRBD on this host.
    ///
    /// - Parameters:
    ///   - facts: The guest's disks, as libxl has set them up.
    ///   - name: The guest's name.
    ///   - journalFolder: Where takeovers keep their journals.
    init(_ facts: [GuestFacts.Disk], of name: String, journalFolder: String) {
        let control = MirrorControl()
        for disk in facts where disk.isWritable {
            do throws(MirrorError) {
                let found = try GuestDisk(path: disk.path, control)
                let words = try found.obstacles(on: .primary, control, journalFolder: journalFolder)
                obstacles += words.map { CommandError(.diskMirrorUnsound, "the disk \(disk.target) of \(name): \($0)") }
                disks.append(found)
            } catch {
                obstacles.append(
                    CommandError(
                        .diskNotReplicated,
                        "\(name) writes to its disk \(disk.target) (\(disk.path)), which is not mirrored: \(error)",
                        hint: "see docs/disks.md for how to put it on DRBD"))
            }
        }
    }
}
