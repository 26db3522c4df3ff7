import Glibc

/// Two network namespaces with two links of a bounded rate between them; they are gone with the value.
final class PairNetwork {
    private static let ip = "/usr/sbin/ip"
    private static let tc = "/usr/sbin/tc"

    private let prefix = "replicactl-soak-\(getpid())"

    init(megabits: UInt64) throws(SoakError) {
        for side in SoakSide.allCases { try Process.run([Self.ip, "netns", "add", name(side)]) }
        for (index, link) in SoakSide.networks.enumerated() {
            try Process.run([
                Self.ip, "link", "add", link.name, "netns", name(.alpha), "type", "veth", "peer", "name", link.name,
                "netns", name(.beta),
            ])
            for side in SoakSide.allCases {
                let address = "\(side.address(on: index))/24"
                try Process.run([Self.ip, "-n", name(side), "address", "add", address, "dev", link.name])
                try Process.run([Self.ip, "-n", name(side), "link", "set", link.name, "up"])
                // A rate, so that the link can be full; behind it the kernel's default queue, as on a network card.
                try Process.run([
                    Self.tc, "-n", name(side), "qdisc", "add", "dev", link.name, "root", "handle", "1:", "tbf", "rate",
                    "\(megabits)mbit", "burst", "64kb", "latency", "50ms",
                ])
                try Process.run([
                    Self.tc, "-n", name(side), "qdisc", "add", "dev", link.name, "parent", "1:", "handle", "10:",
                    "pfifo_fast",
                ])
            }
        }
    }

    deinit {
        // The links go with their namespaces, and those with their last process.
        for side in SoakSide.allCases { _ = try? Process.run([Self.ip, "netns", "delete", name(side)]) }
    }

    private func name(_ side: SoakSide) -> String { "\(prefix)-\(side)" }

    /// The command that runs a program in the namespace of a host.
    func command(_ side: SoakSide, _ arguments: [String]) -> [String] {
        [Self.ip, "netns", "exec", name(side)] + arguments
    }

    /// The bytes that a host has sent on a link.
    func sentBytes(_ side: SoakSide, on link: String) throws(SoakError) -> UInt64 {
        let file = "/sys/class/net/\(link)/statistics/tx_bytes"
        let text = try Process.run(command(side, ["cat", file]))
        guard let number = UInt64(text.filter(\.isNumber)) else { throw .failed("read \(file)", text) }
        return number
    }
}
