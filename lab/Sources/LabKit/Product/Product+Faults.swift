extension Product {
    private static let faultDropIn = "/etc/systemd/system/replicactl-controller.service.d/planted-fault.conf"

    /// Says which planted fault the controllers of both hosts have from their next start on; only a build that is made
    /// for it has any.
    ///
    /// - Parameter fault: The fault's name; `nil` takes away the one that was set.
    /// - Throws: ``LabError``.
    func plant(fault: String?) throws(LabError) {
        let script: String
        if let fault {
            let text = "[Service]\nEnvironment=REPLICACTL_PLANTED_FAULT=\(fault)\n"
            script = "mkdir -p ${f%/*} && printf %s \(Lab.quoted(text)) >$f"
        } else {
            script = "rm -f $f"
        }
        for host in HostName.allCases where lab.power(of: host) == .running {
            try lab.shell(host, "f=\(Self.faultDropIn); \(script); systemctl daemon-reload")
        }
    }
}
