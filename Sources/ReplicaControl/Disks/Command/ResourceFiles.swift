// The files of DRBD's configuration, and ours that say which disks are on the epoch layer when the host starts.

internal import Glibc
internal import ReplicaModel
internal import SystemKit

/// The configuration of DRBD on this host.
struct ResourceFiles: Sendable {
    /// A file that names a resource's disks.
    struct Found: Equatable, Sendable {
        let path: String
        let text: ResourceText
    }

    /// No configuration is larger, in bytes.
    private static let sizeLimit = 1 << 20
    /// What the copy of a file before its first change is called.
    static let copySuffix = ".before-replicactl"

    /// The root of the file system; another one in tests.
    var root = ""

    private var folder: String { root + "/etc/drbd.d" }

    /// Finds the file with a resource's disks.
    ///
    /// - Parameter resource: The resource.
    /// - Returns: The file.
    /// - Throws: ``CommandError`` when none or several have them, or one cannot be read.
    func file(of resource: String) throws(CommandError) -> Found {
        var found: [Found] = []
        for file in try all() where !file.text.disks(of: resource).isEmpty { found.append(file) }
        guard let file = found.first else {
            throw CommandError(
                .diskUnfit, "no file under \(folder) has `resource \(resource) { }` with a `disk` of its own",
                hint:
                    "name the resource's disk there in plain: /etc/drbd.conf, /etc/drbd.d/*.res and *.conf are looked at"
            )
        }
        guard found.count == 1 else {
            throw CommandError(
                .diskUnfit, "several files have the disks of \(resource): \(found.map(\.path).joined(separator: ", "))",
                hint: "leave the resource in one file")
        }
        return file
    }

    /// The handlers of a resource that stand against its protection, each with why.
    func warnings(on resource: String) -> [String] {
        guard let files = try? all() else { return [] }
        return files.flatMap { file in
            file.text.handlers(of: resource).compactMap { handler in
                Self.objection(to: handler).map { "\(file.path): the handler \(handler.name) \($0)" }
            }
        }
    }

    /// Writes a changed file; the first change keeps a copy of the old one.
    func replace(_ file: Found, with bytes: [UInt8]) throws(SystemError) {
        let copy = file.path + Self.copySuffix
        if access(copy, F_OK) != 0 { try DurableFile.replace(copy, with: file.text.bytes, mode: mode(of: file.path)) }
        try DurableFile.replace(file.path, with: bytes, mode: mode(of: file.path))
    }

    /// A shared secret may be in the file, so nobody gets more rights than he had.
    private func mode(of path: String) -> UInt32 {
        var facts = stat()
        return stat(path, &facts) == 0 ? UInt32(facts.st_mode) & 0o777 : 0o600
    }

    static func objection(to handler: ResourceText.Handler) -> String? {
        switch handler.name {
        case "fence-peer":
            "lets a primary go on alone that the controller holds: remove it"
        case "pri-on-incon-degr", "pri-lost-after-sb", "local-io-error":
            restarts(handler.command)
                ? "restarts the host, and all its guests, when a superseded guest's disk is given up: remove it" : nil
        default: nil
        }
    }

    private static func restarts(_ command: String) -> Bool {
        ["reboot", "sysrq", "halt", "poweroff", "shutdown", "emergency"].contains { command.contains($0) }
    }

    private func all() throws(CommandError) -> [Found] {
        var paths = [root + "/etc/drbd.conf"]
        for name in Self.names(in: folder) where name.hasSuffix(".res") || name.hasSuffix(".conf") {
            paths.append("\(folder)/\(name)")
        }
        var files: [Found] = []
        for path in paths {
            if let file = try Self.read(path) { files.append(file) }
        }
        return files
    }

    private static func read(_ path: String) throws(CommandError) -> Found? {
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try FileDescriptor.contents(of: path, atMost: sizeLimit) } catch {
            if error.code == ENOENT { return nil }
            throw CommandError(.diskUnfit, "\(path) cannot be read: \(error)")
        }
        do throws(ResourceText.Malformed) { return Found(path: path, text: try ResourceText(bytes)) } catch {
            throw CommandError(.diskUnfit, "\(path), line \(error.line): \(error.what)")
        }
    }

    /// The names in a folder, sorted; none in one that is not there.
    static func names(in folder: String) -> [String] {
        guard let listing = opendir(folder) else { return [] }
        defer { closedir(listing) }
        var names: [String] = []
        while let entry = readdir(listing) {
            names.append(
                withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
        }
        return names.filter { $0 != "." && $0 != ".." }.sorted()
    }
}
