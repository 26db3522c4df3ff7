import Foundation

extension Lab {
    private static let keptEvidence = 8

    /// Keeps what a failed round left behind: consoles, journals, captures, clients' logs and the state of both hosts.
    ///
    /// - Parameter scenario: The scenario's name.
    /// - Returns: The folder.
    /// - Throws: ``LabError``.
    func keepEvidence(of scenario: String) throws(LabError) -> String {
        let all = "\(layout.cache)/failed"
        let time = Date().formatted(.iso8601.dateSeparator(.omitted).timeSeparator(.omitted))
        let folder = "\(all)/\(time)-\(scenario)"
        try Files.makeDirectory(folder)
        for name in Files.list(layout.run)
        where [".console", ".journal", ".log", ".json"].contains(where: name.hasSuffix) || name == "captures" {
            try Command(["cp", "--recursive", "\(layout.run)/\(name)", folder]).run()
        }
        for host in HostName.allCases where power(of: host) == .running {
            let script = """
                for c in 'xl list' 'replicactl status --json' 'ip -br link' 'tc qdisc' 'xl dmesg' \
                    'replicactl disk status' 'cat /proc/drbd' 'dmsetup status' 'ls -l /var/lib/replicactl/undo' \
                    'journalctl --no-pager -b -o short-precise -u replicactl-controller -u replicactl-heartbeat'; do
                    echo "# $c"; timeout 20 $c 2>&1
                done
                """
            let state = try? attemptShell(host, script, timeout: .seconds(120)).output
            try Files.write(state ?? "no answer\n", to: "\(folder)/\(host).state")
        }
        for old in Files.list(all).dropLast(Self.keptEvidence) { try Files.remove("\(all)/\(old)") }
        return folder
    }
}
