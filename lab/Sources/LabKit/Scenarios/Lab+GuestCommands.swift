extension Lab {
    /// The names of a host's domains, without Domain-0.
    func domains(on host: HostName) throws(LabError) -> [String] {
        try shell(host, "xl list", timeout: .seconds(60)).split(separator: "\n").dropFirst()
            .compactMap { $0.split(separator: " ").first.map(String.init) }.filter { $0 != "Domain-0" }
    }

    /// Ends clients and captures of a scenario that was interrupted; they would take the counter's numbers from others.
    func endLeftOverClients() throws(LabError) {
        guard Files.exists("/run/netns/\(Self.namespace)") else { return }
        let processes = try Command(["ip", "netns", "pids", Self.namespace]).run().output.split(separator: "\n")
            .compactMap { Int32($0) }
            .filter { process in
                let words = ProcessTable.commandLine(process) ?? []
                return words.first?.hasPrefix("\(layout.guestImage)/bin/") == true
                    || words.first == "tcpdump" && words.last?.hasPrefix(layout.captures) == true
            }
        guard !processes.isEmpty else { return }
        try ProcessTable.end(processes)
        progress.step("ended \(processes.count) clients that an interrupted scenario left")
    }

    /// Has the guests that earlier scenarios left write no more: each takes half of its host's processor.
    func quietGuests() throws(LabError) {
        for name in Files.list(layout.guests) {
            guard let guest = guest(name) else { continue }
            for port in [7001, 7002] where portAnswers(guest.address, port: port) {
                _ = try verifier(guest, ["RATE", "0", "--port", "\(port)"], seconds: 10)
            }
        }
    }

    /// Runs a shell command in a guest, as the client.
    func guestShell(_ guest: Guest, _ script: String) throws(LabError) -> CommandResult {
        let options = [
            "IdentityFile=\(layout.sshKey)", "IdentitiesOnly=yes", "BatchMode=yes", "LogLevel=ERROR",
            "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null",
        ]
        return try client(
            ["ssh", "-F", "none"] + options.flatMap { ["-o", $0] } + ["root@\(guest.address)", script],
            timeout: .seconds(120))
    }

    /// Gives a service of the guest a command: its memory verifier, unless the words name another port.
    func verifier(_ guest: Guest, _ words: [String], seconds: Int = 120) throws(LabError) -> CommandResult {
        try client(
            ["\(layout.guestImage)/bin/client-verifier", guest.address] + words + ["--seconds", "\(seconds)"],
            timeout: .seconds(seconds + 30))
    }
}
