// Finds guests that this host starts by itself when it boots.

internal import Glibc
internal import SystemKit

/// What Debian's `xendomains` service starts at boot: the configuration files in `/etc/xen/auto`.
enum AutomaticStart {
    static let directory = "/etc/xen/auto"

    /// The files that start a domain of this name.
    ///
    /// A primary that comes back after a failover would start its old copy beside the one that runs on the backup, with
    /// nobody to hold its output (safety rule 2).
    ///
    /// - Parameters:
    ///   - name: The domain's name.
    ///   - directory: Where to look.
    /// - Returns: The files' paths; none when there is no such directory.
    static func files(starting name: String, in directory: String = directory) -> [String] {
        guard let listing = opendir(directory) else { return [] }
        defer { closedir(listing) }
        var found: [String] = []
        while let entry = readdir(listing) {
            let file = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            let path = directory + "/" + file
            if !file.hasPrefix("."), let text = contents(of: path), Self.name(in: text) == name { found.append(path) }
        }
        return found.sorted()
    }

    /// The value of the last `name` line of an xl configuration.
    static func name(in text: String) -> String? {
        var name: String?
        for line in text.split(separator: "\n") {
            let words = line.split(separator: "=", maxSplits: 1)
            guard words.count == 2, words[0].filter({ $0 != " " && $0 != "\t" }) == "name" else { continue }
            let value = words[1]
            guard let quote = value.first(where: { $0 == "\"" || $0 == "'" }) else { continue }
            let parts = value.split(separator: quote, omittingEmptySubsequences: false)
            if parts.count > 2 { name = String(parts[1]) }
        }
        return name
    }

    private static func contents(of path: String) -> String? {
        (try? FileDescriptor.contents(of: path, atMost: 65536)).map { String(decoding: $0, as: UTF8.self) }
    }
}
