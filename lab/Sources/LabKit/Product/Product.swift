import Foundation

/// The product under test: built here, and installed, configured and run on both hosts.
struct Product: Sendable {
    /// What it is built with.
    enum Build: Sendable {
        /// What users get.
        case release
        /// The same with its planted faults, to show that a check finds them.
        case planted
    }

    /// The services of a host.
    enum Service: String, CaseIterable, Sendable, CustomStringConvertible {
        case heartbeat = "replicactl-heartbeat"
        case controller = "replicactl-controller"

        var description: String { rawValue }
    }

    static let program = "/usr/sbin/replicactl"
    static let configurationFile = "/etc/replicactl/replicactl.toml"
    static let keyFile = "/etc/replicactl/heartbeat.key"
    static let controlSocket = "/run/replicactl/control.sock"
    private static let unitDirectory = "/etc/systemd/system"
    private static let ruleDirectory = "/etc/udev/rules.d"

    let lab: Lab

    /// The root of the source tree.
    var root: String { URL(fileURLWithPath: lab.layout.source).deletingLastPathComponent().path }

    /// Brings program, units and configuration to both hosts, as far as they are not there, and starts everything
    /// anew.
    ///
    /// - Parameters:
    ///   - build: What the program is built with.
    ///   - settings: The configuration.
    /// - Throws: ``LabError``.
    func install(_ build: Build = .release, settings: ProductSettings = ProductSettings()) throws(LabError) {
        let binary = try binary(build)
        var targets = [binary: Self.program]
        for (kind, suffix, directory) in [
            ("systemd", ".service", Self.unitDirectory), ("udev", ".rules", Self.ruleDirectory),
        ] {
            for file in configurationFiles(kind, suffix) {
                targets[file] = "\(directory)/\(URL(fileURLWithPath: file).lastPathComponent)"
            }
        }
        let files = targets
        try HostName.together { host throws(LabError) in try pushIfChanged(host, files) }
        try shareKey()
        try HostName.together { host throws(LabError) in
            try configure(host, settings.text(for: host))
            // Reading all units anew takes an emulated host many seconds. What is not on the disk is lost in a power cut.
            try lab.shell(
                host,
                """
                units="\(Self.allServices) replicactl-disks"
                systemctl show --property NeedDaemonReload --value $units | grep -q yes && systemctl daemon-reload
                systemctl is-enabled $units 2>&1 | grep -qvx enabled && systemctl -q enable $units
                udevadm control --reload; sync
                """, timeout: .seconds(120))
        }
        try restart()
    }

    /// Gives both hosts one heartbeat key, as an operator does: one makes it, the other gets a copy.
    private func shareKey() throws(LabError) {
        let file = Self.keyFile
        let key = try lab.shell(
            .xen1,
            "mkdir -p /etc/replicactl && { [ -s \(file) ] || { rm -f \(file); \(Self.program) keygen >&2; }; } && cat \(file)"
        )
        try lab.shell(
            .xen2, "umask 077; mkdir -p /etc/replicactl && rm -f \(file) && printf '%s\\n' \(Lab.quoted(key)) >\(file)")
    }

    /// Writes a host's configuration file; the services do not see it yet.
    func configure(_ host: HostName, _ text: String) throws(LabError) {
        try lab.shell(
            host, "mkdir -p /etc/replicactl && printf %s \(Lab.quoted(text)) >\(Self.configurationFile)")
    }

    /// Starts all services anew, and waits until each host hears the other.
    func restart() throws(LabError) {
        try HostName.together { host throws(LabError) in
            try lab.shell(
                host, "systemctl reset-failed \(Self.allServices); systemctl restart \(Self.allServices)",
                timeout: .seconds(120))
        }
        try waitUntilPaired()
        lab.progress.step("replicactl runs on both hosts, which hear each other")
    }

    /// Waits until each host hears the other on every path.
    func waitUntilPaired() throws(LabError) {
        for host in HostName.allCases {
            let heard = try Retry.until(limit: .seconds(120), pause: .milliseconds(300)) { () throws(LabError) in
                try statusIfKnown(host)?.peer.isHeardEverywhere == true ? true : nil
            }
            guard heard != nil else {
                throw LabError(
                    .timedOut, attempt: "let \(host) hear \(host.peer)", outcome: "it does not after 120 s",
                    remedy: "See `lab/lab ssh \(host) replicactl status`.")
            }
        }
    }

    /// Runs replicactl on a host, whatever its exit status will be.
    func run(_ host: HostName, _ words: String, timeout: Duration = .seconds(300)) throws(LabError) -> CommandResult {
        try lab.attemptShell(host, "\(Self.program) \(words)", timeout: timeout)
    }

    /// Reads the status of a host, from the controller itself.
    ///
    /// - Throws: ``LabError`` with cause `commandFailed` if the controller does not answer.
    func status(_ host: HostName) throws(LabError) -> ProductStatus {
        guard let status = try statusIfKnown(host) else {
            throw LabError(
                .commandFailed, attempt: "read the status of \(host)", outcome: "its controller does not answer",
                remedy: "See `lab/lab ssh \(host) systemctl status \(Service.controller)`.")
        }
        return status
    }

    /// Reads the status of a host whose controller may be away just now.
    func statusIfKnown(_ host: HostName) throws(LabError) -> ProductStatus? {
        let question = #"{"command":"status"}"#
        guard let answer = try lab.ask(host, socket: Self.controlSocket, question, timeout: .seconds(60)) else {
            return nil
        }
        return try Self.decode(StatusReply.self, answer, from: host).result?.status
    }

    /// Reads the status of a host as an operator does who has it in JSON.
    func statusByCommand(_ host: HostName) throws(LabError) -> ProductStatus {
        let text = try lab.shell(host, "\(Self.program) status --json", timeout: .seconds(60))
        return try Self.decode(ProductStatus.self, text.utf8, from: host)
    }

    /// The controller's answer on its socket; without a result it is an error.
    private struct StatusReply: Decodable {
        let result: Result?

        struct Result: Decodable {
            let status: ProductStatus
        }
    }

    private static func decode<Value: Decodable>(
        _ type: Value.Type, _ text: some Sequence<UInt8>, from host: HostName
    ) throws(LabError) -> Value {
        let data = Data(text)
        do { return try JSONDecoder().decode(type, from: data) } catch {
            throw LabError(
                .commandFailed, attempt: "read the status of \(host)",
                outcome: "\(error)\n\(String(decoding: data, as: UTF8.self))",
                remedy: "docs/status.md and the lab do not agree.")
        }
    }

    /// The process id of a service.
    func process(_ service: Service, _ host: HostName) throws(LabError) -> Int {
        let text = try lab.shell(host, "systemctl show -p MainPID --value \(service)")
        guard let process = Int(text), process > 0 else {
            throw LabError(.unhealthy, attempt: "find \(service) on \(host)", outcome: "it does not run")
        }
        return process
    }

    // MARK: building

    /// The path of the program, which is built first, unless `REPLICACTL_LAB_BINARY` names one that is.
    func binary(_ build: Build) throws(LabError) -> String {
        switch build {
        case .release:
            if let given = ProcessInfo.processInfo.environment["REPLICACTL_LAB_BINARY"] { return given }
            lab.progress.step("building replicactl")
            try Command(["make", "--silent", "-C", root, "release"], log: try buildLog("release")).run()
            return "\(root)/.build/replicactl"
        case .planted:
            if let given = ProcessInfo.processInfo.environment["REPLICACTL_LAB_PLANTED_BINARY"] { return given }
            lab.progress.step("building replicactl with planted faults")
            let scratch = "\(root)/.build/planted"
            try Command(
                [
                    "swift", "build", "--package-path", root, "--scratch-path", scratch, "-c", "release",
                    "--static-swift-stdlib", "--disable-local-rpath", "--product", "replicactl", "-Xswiftc",
                    "-DPLANTED_FAULTS",
                ], log: try buildLog("planted")
            ).run()
            try Command(["strip", "-o", "\(scratch)/replicactl", "\(scratch)/release/replicactl"]).run()
            return "\(scratch)/replicactl"
        }
    }

    private func buildLog(_ name: String) throws(LabError) -> String {
        let log = "\(lab.layout.cache)/build-\(name).log"
        try Files.remove(log)
        return log
    }

    // MARK: installing

    static let allServices = Service.allCases.map(\.rawValue).joined(separator: " ")

    /// The files of one kind that the product comes with.
    private func configurationFiles(_ folder: String, _ suffix: String) -> [String] {
        let directory = "\(root)/config/\(folder)"
        return Files.list(directory).filter { $0.hasSuffix(suffix) }.map { "\(directory)/\($0)" }
    }

    /// Copies files to a host, as far as they are not there.
    ///
    /// - Parameters:
    ///   - host: The host.
    ///   - files: The path there of each file here.
    /// - Throws: ``LabError``.
    func pushIfChanged(_ host: HostName, _ files: [String: String]) throws(LabError) {
        let files = files.sorted { $0.key < $1.key }
        let ours = Self.sums(try Command(["sha256sum"] + files.map(\.key)).run().output)
        let paths = files.map { Lab.quoted($0.value) }.joined(separator: " ")
        let theirs = Self.sums(try lab.attemptShell(host, "sha256sum \(paths)").output)
        for (file, target) in files where ours[file] != theirs[target] {
            lab.progress.step("\(host): installing \(target)")
            try lab.push(host, [file], to: URL(fileURLWithPath: target).deletingLastPathComponent().path)
        }
    }

    /// The checksums that `sha256sum` wrote, by path.
    private static func sums(_ output: String) -> [String: Substring] {
        let pairs = output.split(separator: "\n").map { line in (String(line.dropFirst(66)), line.prefix(64)) }
        return Dictionary(pairs) { $1 }
    }
}
