internal import Glibc
internal import SystemKit

/// Reads and checks configuration files.
public enum ConfigurationLoader {
    /// Where the file is unless `--config` says otherwise.
    public static let defaultPath = "/etc/replicactl/replicactl.toml"

    /// More than any sensible file; a larger one is refused before it is read whole.
    static let sizeLimit = 1_048_576

    /// Reads a file.
    ///
    /// - Parameter path: The file.
    /// - Returns: A configuration that passed every check.
    /// - Throws: ``ConfigurationError`` with every problem at once.
    public static func load(path: String) throws(ConfigurationError) -> Configuration {
        let text: String
        do {
            text = try contents(of: path)
        } catch {
            let message = "the configuration cannot be read: \(error)"
            throw ConfigurationError(problems: [.init(file: path, line: 0, column: 0, message: message)])
        }
        return try parse(text, file: path)
    }

    /// Reads a text.
    ///
    /// - Parameters:
    ///   - text: TOML.
    ///   - file: The name of its file, for messages.
    /// - Returns: A configuration that passed every check.
    /// - Throws: ``ConfigurationError`` with every problem at once.
    public static func parse(_ text: String, file: String) throws(ConfigurationError) -> Configuration {
        let root: TomlNode
        do {
            root = try TomlDocument.parse(text)
        } catch {
            let problem = ConfigurationError.Problem(
                file: file, line: error.place.line, column: error.place.column, message: error.message)
            throw ConfigurationError(problems: [problem])
        }
        var reader = ConfigurationReader(file: file)
        var configuration = reader.configuration(root)
        configuration.file = file
        ConfigurationChecks.run(on: configuration, reader: &reader)
        guard reader.problems.isEmpty else { throw ConfigurationError(problems: reader.sortedProblems) }
        return configuration
    }

    /// The control socket that a file names, for clients.
    ///
    /// - Parameter path: The file; when it is absent, the default socket is meant.
    /// - Returns: The socket's path.
    /// - Throws: ``ConfigurationError`` when the file cannot be read, is not TOML, or `control.socket` is wrong.
    static func controlSocket(path: String) throws(ConfigurationError) -> String {
        try section(\.control, path: path).socket
    }

    /// The state directory that a file names, for clients.
    ///
    /// - Parameter path: The file; when it is absent, the default directory is meant.
    /// - Returns: The directory's path.
    /// - Throws: ``ConfigurationError`` when the file cannot be read, is not TOML, or `[storage]` is wrong.
    static func stateDirectory(path: String) throws(ConfigurationError) -> String {
        try section(\.storage, path: path).stateDirectory
    }

    /// One section of a file: clients must work while other keys are being edited.
    private static func section<Section: ConfigurationSection>(
        _ section: KeyPath<Configuration, Section>, path: String
    ) throws(ConfigurationError) -> Section {
        if path == defaultPath && access(path, F_OK) != 0 && errno == ENOENT { return Section() }
        do {
            return try load(path: path)[keyPath: section]
        } catch {
            guard let text = try? contents(of: path), let root = try? TomlDocument.parse(text) else { throw error }
            var reader = ConfigurationReader(file: path)
            var section = Section()
            if case .table(let entries) = root.content {
                reader.fill(&section, from: entries.first { $0.key == Section.title })
            }
            guard reader.problems.isEmpty else { throw ConfigurationError(problems: reader.sortedProblems) }
            return section
        }
    }

    /// The whole text of a file of up to ``sizeLimit`` bytes.
    static func contents(of path: String) throws(SystemError) -> String {
        let descriptor = FileDescriptor(owning: try retrying("open") { Glibc.open(path, O_RDONLY | O_CLOEXEC) })
        var bytes: [UInt8] = []
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 1)
        defer { chunk.deallocate() }
        while true {
            let count = try descriptor.read(into: chunk)
            if count == 0 { break }
            bytes.append(contentsOf: chunk[..<count])
            guard bytes.count <= sizeLimit else { throw SystemError(code: EFBIG, call: "read") }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension ConfigurationReader {
    /// The names of the top-level sections.
    private static let sectionNames = [
        "host", "peer", "listen", "epoch", "memory", "encoding", "output", "disk", "heartbeat", "takeover", "announce",
        "policy", "witness",
        "fencing",
        "watchdog",
        "domain", "storage", "control", "log",
    ]

    /// Fills every section of the document.
    fileprivate mutating func configuration(_ root: TomlNode) -> Configuration {
        let sections = sections(of: root, known: Self.sectionNames)
        func table(_ name: String) -> TomlEntry? { sections.first { $0.key == name } }
        var configuration = Configuration()
        fill(&configuration.host, from: table("host"))
        fill(&configuration.peer, from: table("peer"))
        fill(&configuration.listen, from: table("listen"))
        fill(&configuration.epoch, from: table("epoch"))
        fill(&configuration.memory, from: table("memory"))
        fill(&configuration.encoding, from: table("encoding"))
        fill(&configuration.output, from: table("output"))
        fill(&configuration.disk, from: table("disk"))
        fill(&configuration.heartbeat, from: table("heartbeat"), others: ["path"])
        configuration.heartbeat.paths = heartbeatPaths(table("heartbeat"))
        fill(&configuration.takeover, from: table("takeover"))
        fill(&configuration.announce, from: table("announce"))
        fill(&configuration.policy, from: table("policy"))
        fill(&configuration.witness, from: table("witness"))
        fill(&configuration.fencing, from: table("fencing"))
        fill(&configuration.watchdog, from: table("watchdog"))
        configuration.domains = domains(table("domain"))
        fill(&configuration.storage, from: table("storage"))
        fill(&configuration.control, from: table("control"))
        fill(&configuration.log, from: table("log"))
        return configuration
    }

    private mutating func heartbeatPaths(_ section: TomlEntry?) -> [Configuration.Heartbeats.Path] {
        guard case .table(let entries)? = section?.node.content, let entry = entries.first(where: { $0.key == "path" })
        else { return [] }
        guard case .array(let elements) = entry.node.content else {
            note("heartbeat.path must be written [[heartbeat.path]], once for each path", at: entry.place)
            return []
        }
        return elements.enumerated().map { index, element in
            var path = Configuration.Heartbeats.Path()
            let source = TomlEntry(key: "path", place: element.place, node: element)
            fill(&path, from: source, title: ConfigurationChecks.pathTitle(index))
            return path
        }
    }

    private mutating func domains(_ section: TomlEntry?) -> [String: Configuration.Domain] {
        guard let section else { return [:] }
        guard case .table(let entries) = section.node.content else {
            note("domain must be written [domain.NAME], once for each domain", at: section.place)
            return [:]
        }
        var domains: [String: Configuration.Domain] = [:]
        for entry in entries {
            var domain = Configuration.Domain()
            fill(&domain, from: entry, title: "domain.\(entry.key)")
            domains[entry.key] = domain
        }
        return domains
    }
}
