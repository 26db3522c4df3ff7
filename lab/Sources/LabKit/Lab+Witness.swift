import Foundation

/// The witness: a real etcd that both hosts reach over the management network, whatever becomes of their cables.
extension Lab {
    /// The witness's address.
    ///
    /// The product may use the network that it is on for nothing else.
    public static let witnessAddress = "\(NetworkName.management.prefix).200"
    private static let witnessPort = 2379
    /// The first of the routing rules that cut a host off.
    private static let firstCutRule = 100

    /// What the product's configuration calls the witness.
    public static var witnessEndpoint: String { "http://\(Self.witnessAddress):\(Self.witnessPort)" }

    /// Starts the witness with the data that it had, unless it runs, and waits until it answers.
    ///
    /// - Throws: ``LabError`` with cause `conflict` if the lab is down, `timedOut` if etcd does not answer.
    public func startWitness() throws(LabError) {
        try requireNetwork(attempt: "start the witness")
        guard try witnessProcess() == nil else { return }
        let device = "\(NetworkName.management)"
        try Command(["ip", "-n", Self.namespace, "address", "replace", "\(Self.witnessAddress)/24", "dev", device])
            .run()
        // With it a packet of a host that is cut off is dropped on its way in, not only the answer.
        try Command(Self.inNamespace(["sh", "-c", "echo 1 >/proc/sys/net/ipv4/conf/\(device)/rp_filter"])).run()
        let own = "http://127.0.0.1:2380"
        // A session of its own: Ctrl-C ends a scenario, not the witness.
        _ = try BackgroundProcess(
            Self.inNamespace([
                "setsid", "etcd", "--name", "witness", "--data-dir", layout.witness,
                "--listen-client-urls", Self.witnessEndpoint, "--advertise-client-urls", Self.witnessEndpoint,
                "--listen-peer-urls", own, "--initial-advertise-peer-urls", own, "--initial-cluster", "witness=\(own)",
                "--logger", "zap", "--log-level", "warn",
            ]), log: layout.witnessLog)
        let limit = Duration.seconds(120)
        let answers = try Retry.until(limit: limit, pause: .milliseconds(200)) { () throws(LabError) -> Bool? in
            portAnswers(Self.witnessAddress, port: Self.witnessPort) ? true : nil
        }
        guard answers != nil else {
            throw LabError(
                .timedOut, attempt: "start the witness", outcome: "etcd does not answer after \(limit)",
                remedy: "Its words are in \(layout.witnessLog).")
        }
        progress.step("witness: up at \(Self.witnessAddress)")
    }

    /// Ends the witness without a warning, as a power cut does; its data stays.
    ///
    /// - Throws: ``LabError``.
    public func stopWitness() throws(LabError) {
        guard let process = try witnessProcess() else { return }
        try ProcessTable.end([process])
        progress.step("witness: down")
    }

    /// Cuts a host off from the witness, or lets it reach it again; everything else of the host stays as it is.
    ///
    /// - Parameters:
    ///   - host: The host.
    ///   - state: Whether packets pass between the two after this.
    /// - Throws: ``LabError`` with cause `conflict` if the lab is down.
    public func setWitnessLink(_ host: HostName, _ state: LinkState) throws(LabError) {
        try requireNetwork(attempt: "change the way from \(host) to the witness")
        guard try witnessLink(host) != state else { return }
        let words = state == .up ? ["del"] : ["add"]
        try Command(["ip", "-n", Self.namespace, "rule"] + words + cutRule(host)).run()
        progress.step("witness: \(host) \(state == .up ? "joined" : "cut off")")
    }

    /// Whether packets pass between a host and the witness.
    func witnessLink(_ host: HostName) throws(LabError) -> LinkState {
        let rules = try Command(["ip", "-n", Self.namespace, "rule", "show"]).run().output.split(separator: "\n")
        return rules.contains { $0.hasPrefix("\(Self.firstCutRule + host.index):") } ? .down : .up
    }

    /// The witness's etcd, or `nil` if it does not run.
    func witnessProcess() throws(LabError) -> Int32? {
        guard Files.exists("/run/netns/\(Self.namespace)") else { return nil }
        return try Command(["ip", "netns", "pids", Self.namespace]).run().output.split(separator: "\n")
            .compactMap { Int32($0) }
            .first { process in
                let words = ProcessTable.commandLine(process) ?? []
                return words.first == "etcd" && words.contains(layout.witness)
            }
    }

    private func cutRule(_ host: HostName) -> [String] {
        [
            "pref", "\(Self.firstCutRule + host.index)", "from", Self.witnessAddress,
            "to", host.address(on: .management), "blackhole",
        ]
    }

    private func requireNetwork(attempt: String) throws(LabError) {
        guard Files.exists("/run/netns/\(Self.namespace)"), Files.exists(layout.run) else {
            throw LabError(.conflict, attempt: attempt, outcome: "the lab is down", remedy: "Run `lab/lab up`.")
        }
    }
}
