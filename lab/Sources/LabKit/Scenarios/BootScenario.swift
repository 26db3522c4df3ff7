extension Scenario {
    static let boot = Scenario(
        name: "boot", summary: "both hosts come up under Xen, and reach each other and the client"
    ) { context in
        let lab = context.lab
        let start = ContinuousClock.now
        try lab.up()
        context.record("up", (ContinuousClock.now - start).seconds, unit: "s")
        for host in HostName.allCases {
            let domains = try lab.shell(host, "xl list")
            try context.check(domains.contains("Domain-0"), "\(host): xl lists Domain-0")
            let failed = try lab.shell(host, "systemctl list-units --failed --no-legend --plain")
            try context.check(failed.isEmpty, "\(host): no unit failed, found: \(failed)")
            for network in NetworkName.cables {
                let ping = try lab.attemptShell(host, "ping -c 1 -W 5 \(host.peer.address(on: network))")
                try context.check(ping.status == 0, "\(host) reaches \(host.peer) on \(network)")
            }
            for address in [host.address(on: .lan), host.address6] {
                try context.check(lab.portAnswers(address, port: 22), "the client reaches \(host) at \(address)")
            }
        }
    }
}
