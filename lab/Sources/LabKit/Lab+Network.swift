import Foundation

extension Lab {
    /// Wraps a command so that it runs in the lab's network namespace, as the client.
    ///
    /// - Parameter command: The program and its arguments.
    /// - Returns: The words to run.
    public static func inNamespace(_ command: [String]) -> [String] {
        ["ip", "netns", "exec", namespace] + command
    }

    /// Runs a program as the client.
    ///
    /// - Parameters:
    ///   - command: The program and its arguments.
    ///   - timeout: How long it may take; `nil` waits for ever.
    /// - Returns: Its status and what it wrote.
    /// - Throws: ``LabError`` with cause `timedOut` or `missingRequirement`.
    public func client(_ command: [String], timeout: Duration? = nil) throws(LabError) -> CommandResult {
        try Command(Self.inNamespace(command), timeout: timeout).attempt()
    }

    /// Whether a TCP port answers the client.
    ///
    /// - Parameters:
    ///   - address: An IPv4 or IPv6 address.
    ///   - port: The port.
    ///   - timeout: How long to wait for an answer.
    /// - Returns: Whether the connection was accepted.
    public func portAnswers(_ address: String, port: Int, timeout: Duration = .seconds(2)) -> Bool {
        let script = "exec 3<>/dev/tcp/\(address)/\(port)"
        return (try? client(["bash", "-c", script], timeout: timeout))?.status == 0
    }

    /// Makes the namespace, the bridges and the taps, unless they are there.
    ///
    /// The lan bridge's alias is the last thing set: it says that the set is complete, and whose it is.
    func prepareNetwork() throws(LabError) {
        switch try networkOwner() {
        case layout.run: return
        case "": try Command(["ip", "netns", "delete", Self.namespace]).run()
        case nil: break
        case let other?:
            throw LabError(
                .conflict, attempt: "make the network namespace \(Self.namespace)",
                outcome: "it belongs to the lab in \(other)",
                remedy: "Take that lab down first, with REPLICACTL_LAB_CACHE set to the folder above it.")
        }
        var batch = ["link set lo up"]
        for network in NetworkName.allCases {
            batch += [
                "link add \(network) type bridge stp_state 0 forward_delay 0 mcast_snooping 0",
                "link set \(network) up",
                "address add \(network.prefix).100/24 dev \(network)",
            ]
            for host in HostName.allCases {
                let tap = host.tap(on: network)
                batch += ["tuntap add \(tap) mode tap", "link set \(tap) master \(network)", "link set \(tap) up"]
            }
        }
        batch += ["address add fd77::100/64 dev lan nodad", "link set lan alias \(layout.run)"]
        try Command(["ip", "netns", "add", Self.namespace]).run()
        try Command(["ip", "-n", Self.namespace, "-batch", "-"], input: .text(batch.joined(separator: "\n"))).run()
        progress.step("network namespace \(Self.namespace): bridges lan, repl and mgmt, client 10.77.0.100")
    }

    /// Ends all processes in the namespace and deletes it.
    func removeNetwork() throws(LabError) {
        guard let owner = try networkOwner(), owner.isEmpty || owner == layout.run else { return }
        let processes = try Command(["ip", "netns", "pids", Self.namespace]).run().output
            .split(separator: "\n").compactMap { pid_t($0) }.filter { $0 != getpid() }
        try ProcessTable.end(processes)
        try Command(["ip", "netns", "delete", Self.namespace]).run()
        progress.step("ended \(processes.count) processes in \(Self.namespace) and deleted it")
    }

    /// Reads whose the namespace is.
    ///
    /// - Returns: The owner's run folder, empty if the namespace was never finished, `nil` if there is none.
    private func networkOwner() throws(LabError) -> String? {
        guard Files.exists("/run/netns/\(Self.namespace)") else { return nil }
        let result = try Command(["ip", "-n", Self.namespace, "-oneline", "link", "show", "lan"]).attempt()
        guard result.status == 0,
            let alias = result.output.split(separator: "\\").last(where: { $0.contains("alias ") })
        else { return "" }
        return alias.trimmingCharacters(in: .whitespacesAndNewlines).dropFirst("alias ".count)
            .trimmingCharacters(in: .whitespaces)
    }

    /// Pulls or plugs a host's cable: the host sees the carrier go or come, and nothing passes the tap.
    ///
    /// - Parameters:
    ///   - host: The host.
    ///   - network: The network whose cable it is.
    ///   - state: Whether the cable is in after this.
    /// - Throws: ``LabError`` with cause `hostFrozen` if QEMU cannot take the order now; nothing passes the tap even so.
    public func setLink(_ host: HostName, _ network: NetworkName, _ state: LinkState) throws(LabError) {
        try Command(["ip", "-n", Self.namespace, "link", "set", host.tap(on: network), state.rawValue]).run()
        switch power(of: host) {
        case .off: return
        case .frozen:
            throw LabError(
                .hostFrozen, attempt: "tell \(host) that its \(network) cable is \(state)",
                outcome: "its QEMU is stopped; the tap is \(state) already",
                remedy: "Run `lab/lab thaw \(host)`, then this command again.")
        case .running:
            try Monitor(socket: layout.monitorSocket(host)).execute(
                "set_link", arguments: ["name": network.rawValue, "up": state == .up])
            progress.step("\(host): \(network) cable \(state)")
        }
    }

    /// Reads the state of a host's cable.
    ///
    /// - Parameters:
    ///   - host: The host.
    ///   - network: The network whose cable it is.
    /// - Returns: The state of the tap.
    /// - Throws: ``LabError`` if there is no such tap: the lab is down.
    public func link(_ host: HostName, _ network: NetworkName) throws(LabError) -> LinkState {
        let flags = try Command(["ip", "-n", Self.namespace, "-oneline", "link", "show", host.tap(on: network)]).run()
        let words = flags.output.drop { $0 != "<" }.dropFirst().prefix { $0 != ">" }.split(separator: ",")
        return words.contains("UP") ? .up : .down
    }
}
