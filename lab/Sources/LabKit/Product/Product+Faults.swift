extension Product {
    private static let faultDropIn = "/etc/systemd/system/replicactl-controller.service.d/planted-fault.conf"

    /// Says which planted fault the controllers of both hosts have from their next start on; only a build that is made
    /// for it has any.
    ///
    /// - Parameter fault: The fault's name; `nil` takes away the one that was set.
    /// - Throws: ``LabError``.
    func plant(fault: String?) throws(LabError) {
        let text = fault.map { "[Service]\nEnvironment=REPLICACTL_PLANTED_FAULT=\($0)\n" } ?? ""
        // Reading all units anew takes an emulated host many seconds.
        let script = """
            f=\(Self.faultDropIn) text=\(Lab.quoted(text))
            [ "$(cat $f 2>/dev/null; echo .)" != "$text." ] || exit 0
            mkdir -p ${f%/*} && if [ -n "$text" ]; then printf %s "$text" >$f; else rm -f $f; fi && systemctl daemon-reload
            """
        try HostName.together(lab.runningHosts) { host throws(LabError) in try lab.shell(host, script) }
    }
}
