/// What a protection leaves on a host while it lasts, as text, to compare before and after.
struct HostTraces: Equatable {
    /// Each kind of trace with what was found of it.
    let sections: [String: String]

    /// Looks at a host.
    ///
    /// - Parameters:
    ///   - host: The host.
    ///   - guest: The guest whose traces are looked for.
    ///   - lab: The lab.
    /// - Throws: ``LabError``.
    init(of host: HostName, guest: String, in lab: Lab) throws(LabError) {
        let parts = Self.scripts.map { name, script in "echo '\(Self.heading)\(name)'; \(script)" }
        let script =
            "set -e; guest=\(Lab.quoted(guest)); id=$(xl domid $guest 2>/dev/null || true)\n"
            + parts.joined(separator: "\n")
        let output = try lab.shell(host, script, timeout: .seconds(60))
        sections = output.split(separator: Self.heading).reduce(into: [:]) { sections, part in
            let lines = part.split(separator: "\n", maxSplits: 1)
            sections[String(lines[0])] = lines.count > 1 ? String(lines[1]) : ""
        }
    }

    /// Says where two hosts' traces differ, for people; empty if nowhere.
    func differences(from other: HostTraces) -> [String] {
        sections.keys.sorted().compactMap { name in
            let (ours, theirs) = (sections[name] ?? "", other.sections[name] ?? "")
            return ours == theirs ? nil : "\(name) was:\n\(theirs)\nis:\n\(ours)"
        }
    }

    private static let heading = "== "
    private static let scripts = [
        ("links", "ip -br link | sort"),
        ("qdiscs", "tc qdisc"),
        ("filters", "for v in /sys/class/net/vif*; do [ -e $v ] && tc filter show dev ${v##*/} ingress; done; true"),
        // The suspend port is noted for the domain's life: the guest's kernel gives it away only once.
        (
            "xenstore",
            "xenstore-ls -f /tool/replicactl 2>/dev/null | grep -v -e suspend-port -e '^/tool/replicactl = ' || true"
        ),
        ("helpers", "pgrep -af 'replicactl [t]oolstack-helper' || true"),
        ("domains", "xl list | awk 'NR > 1 { print $1 }'"),
        (
            "log-dirty mode",
            """
            xl dmesg -c >/dev/null; xl debug-keys q; sleep 0.5
            xl dmesg | awk -v id="$id" '/General information for domain/ { current = $NF + 0 }
                /paging assistance: .*log_dirty/ && current == id { print "on" }'
            """
        ),
    ]
}
