/// The lab as the power switch of its hosts: a fence agent on each host asks, the scenario answers.
struct PowerSwitch: Sendable {
    /// The fence agent's path on the hosts.
    static let agent = "/usr/local/sbin/fence_lab"
    private static let folder = "/run/lab-fence"

    /// A fence agent by the documented interface: options on standard input, the result as its exit status.
    ///
    /// The lab reads the request over the management network, which no scenario takes away.
    private static let script = """
        #!/bin/bash
        action=
        plug=
        while IFS='=' read -r name value; do
            case $name in action) action=$value ;; plug) plug=$value ;; esac
        done
        case $action in
            metadata) echo '<resource-agent name="fence_lab"></resource-agent>'; exit 0 ;;
            monitor) exit 0 ;;
        esac
        mkdir -p \(folder) && cd \(folder) || exit 1
        rm -f answer
        echo "$action $plug" >new && mv new request
        until [ -s answer ]; do sleep 0.1; done
        exit "$(<answer)"

        """

    let lab: Lab

    /// Brings the agent to both hosts, which must be up.
    func install() throws(LabError) {
        try HostName.together { host throws(LabError) in
            try lab.shell(
                host,
                "rm -rf \(Self.folder); mkdir -p /usr/local/sbin; printf %s \(Lab.quoted(Self.script)) >\(Self.agent); "
                    + "chmod 755 \(Self.agent); sync")
        }
    }

    /// Waits until a host asks for something; the agent then waits for the answer.
    ///
    /// - Parameters:
    ///   - host: The host that asks.
    ///   - context: The scenario's context.
    /// - Returns: The request: `off xen1`.
    /// - Throws: ``LabError`` with cause `timedOut` if it does not ask.
    func request(from host: HostName, _ context: ScenarioContext) throws(LabError) -> String {
        try context.wait(until: "\(host)'s fence agent asks") { () throws(LabError) in
            let asked = try lab.attemptShell(host, "cd \(Self.folder) && cat request && rm request")
            let words = asked.output.split(separator: "\n").joined()
            return asked.status == 0 && !words.isEmpty ? words : nil
        }
    }

    /// Answers the agent that waits.
    ///
    /// - Parameters:
    ///   - host: The host that asked.
    ///   - isDone: Whether the agent is to report success.
    /// - Throws: ``LabError``.
    func answer(_ host: HostName, isDone: Bool) throws(LabError) {
        try lab.shell(host, "cd \(Self.folder) && echo \(isDone ? 0 : 1) >new && mv new answer")
    }
}
