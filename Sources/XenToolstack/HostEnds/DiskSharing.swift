/// Keeps a disk from being attached to a guest while somebody else uses it, by the same rules as Xen's `block`.
///
/// A disk that the guest writes to must not be in use anywhere; one that it only reads must not be written to.
struct DiskSharing: Equatable, Sendable {
    /// A file system of this host on a block device.
    struct Mount: Equatable, Sendable {
        /// The device's number, as ``BlockDeviceNumber`` writes it.
        let device: String
        /// Whether nothing is written to it.
        let isReadOnly: Bool
    }

    /// A disk of a domain.
    struct Attachment: Equatable, Sendable {
        /// The device's number, as ``BlockDeviceNumber`` writes it.
        let device: String
        /// Whether the domain may write to it.
        let isWritable: Bool
        /// What tells the domain from others: its home in xenstore's list of machines; `nil` when it is gone.
        let machine: String?
    }

    /// This host's own uses.
    var mounts: [Mount] = []
    /// The uses by domains.
    var attachments: [Attachment] = []

    /// Who stands in the way.
    ///
    /// - Parameters:
    ///   - device: The device's number.
    ///   - isWritable: Whether the guest is to write to it.
    ///   - machine: The guest's own home in xenstore's list of machines.
    /// - Returns: A clause; `nil` when the disk may be attached.
    func obstacle(to device: String, isWritable: Bool, for machine: String?) -> String? {
        if mounts.contains(where: { $0.device == device && (isWritable || !$0.isReadOnly) }) {
            return "it is mounted on this host"
        }
        let isTaken = attachments.contains { other in
            other.device == device && (isWritable || other.isWritable) && ![nil, machine].contains(other.machine)
        }
        return isTaken ? "another domain uses it" : nil
    }

    /// Reads the kernel's table of mounts.
    ///
    /// - Parameters:
    ///   - table: The text of `/proc/mounts`.
    ///   - number: The number of a path's block device, if it is one.
    /// - Returns: The file systems on block devices.
    static func mounts(in table: String, number: (String) -> String?) -> [Mount] {
        table.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count >= 4, words[0].hasPrefix("/"), let device = number(String(words[0])) else { return nil }
            return Mount(device: device, isReadOnly: words[3].split(separator: ",").first == "ro")
        }
    }
}
