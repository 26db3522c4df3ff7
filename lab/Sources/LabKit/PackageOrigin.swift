import Foundation

/// Where this machine's own apt configuration gets Debian from.
struct PackageOrigin {
    /// The mirror, for debootstrap.
    let mirror: String
    /// The keyring that the configuration names; `nil` leaves the choice to debootstrap.
    let keyring: String?

    /// Asks apt.
    ///
    /// - Parameter suite: The Debian release that the mirror must have.
    /// - Returns: The first origin that has it.
    /// - Throws: ``LabError`` with cause `missingRequirement`.
    static func find(suite: String) throws(LabError) -> PackageOrigin {
        if let mirror = ProcessInfo.processInfo.environment["REPLICACTL_LAB_MIRROR"] {
            return PackageOrigin(mirror: mirror, keyring: nil)
        }
        let targets = try Command([
            "apt-get", "indextargets", "--format", "$(REPO_URI) $(SOURCESENTRY)", "Identifier: Packages",
            "Codename: \(suite)", "Component: main",
        ]).run().output
        guard let words = targets.split(separator: "\n").first?.split(separator: " "), words.count == 2 else {
            throw LabError(
                .missingRequirement, attempt: "find a mirror of Debian \(suite)",
                outcome: "the apt configuration of this machine names none",
                remedy: "Set REPLICACTL_LAB_MIRROR to the address of one.")
        }
        return PackageOrigin(mirror: String(words[0]), keyring: try keyring(entry: String(words[1])))
    }

    /// Reads the `Signed-By` field of a deb822 entry.
    ///
    /// - Parameter entry: A file and the line in it where the entry starts: `FILE:LINE`.
    /// - Returns: The keyring's path, or `nil` if the entry names none.
    /// - Throws: ``LabError`` if the file cannot be read.
    private static func keyring(entry: String) throws(LabError) -> String? {
        let parts = entry.split(separator: ":")
        guard parts.count == 2, parts[0].hasSuffix(".sources"), let line = Int(parts[1]) else { return nil }
        let lines = try Files.read(String(parts[0])).split(separator: "\n", omittingEmptySubsequences: false)
        let stanza = lines.dropFirst(line - 1).prefix { !$0.isEmpty }
        let value = stanza.first { $0.hasPrefix("Signed-By:") }?.dropFirst("Signed-By:".count)
            .trimmingCharacters(in: .whitespaces)
        guard let value, value.hasPrefix("/") else { return nil }
        return value
    }
}
