import Foundation

/// `xl remus` as Debian has it, between the lab's two hosts: the peer of every figure.
///
/// Debian's libxl is built without network buffering, so output is not held (`-n`), and disks are not replicated (`-d`).
struct PeerRemus: Sendable {
    /// What the stream goes through.
    enum Transport: String, CaseIterable, Sendable {
        /// ssh, as `xl remus` does by itself.
        case ssh
        /// A plain TCP connection, so that a figure is not that of the encryption.
        case tcp
    }

    private static let log = "/run/xl-remus.log"
    private static let port = 7799
    private static let incoming = "--incoming"
    /// Finds the receiving xl, and not the shell that looks for it.
    private static let receiver = "[x]l migrate-receive"

    let stage: Stage
    let transport: Transport

    private var lab: Lab { stage.lab }
    private var name: String { stage.guest.name }

    /// The replica's name while it is kept.
    var replica: String { name + Self.incoming }

    /// Begins to replicate the guest, which nobody else may protect, and waits until checkpoints come.
    ///
    /// - Parameters:
    ///   - interval: Milliseconds from the end of a checkpoint to the next one.
    ///   - meter: What sees the checkpoints.
    /// - Throws: ``LabError``.
    func start(interval: Int, _ meter: Meter) throws(LabError) {
        try stage.context.wait(until: "xen2 has no domain") { () throws(LabError) -> Bool? in
            try lab.domains(on: .xen2).isEmpty ? true : nil
        }
        let peer = self
        stage.context.atEnd { _ = try? peer.stop() }
        let begin = WallClock.now
        let words = "xl remus -F -n -d -i \(interval)"
        let command: String
        switch transport {
        case .ssh: command = "\(words) \(name) xen2-repl"
        case .tcp:
            try listen()
            command = "\(words) -s '' \(name) /run/xl-remus-connect"
        }
        try lab.shell(.xen1, "setsid \(command) </dev/null >\(Self.log) 2>&1 & sleep 0.2")
        let event = "xl remus makes checkpoints"
        try stage.context.wait(until: event, limit: .seconds(300)) { () throws(LabError) -> Bool? in
            guard try isRunning() else {
                throw LabError(.unhealthy, attempt: "replicate with xl remus", outcome: try lastWords(of: .xen1))
            }
            return try meter.watch(name, on: .xen1, seconds: 3).finish().pauses.count >= 2 ? true : nil
        }
        stage.context.record("xl_start", Double(WallClock.now - begin) / 1e9, unit: "s")
        stage.context.step("xl remus replicates \(name) every \(interval) ms over \(transport.rawValue)")
    }

    /// Ends the replication without a failover: the receiving side is killed before it can see the stream's end.
    ///
    /// - Returns: Whether the guest lives on at xen1.
    /// - Throws: ``LabError``.
    @discardableResult
    func stop() throws(LabError) -> Bool {
        if lab.power(of: .xen2) == .running {
            try lab.shell(
                .xen2,
                """
                pkill -KILL -f '\(Self.receiver)'; pkill -KILL -f '[l]ibxl-save-helper'; systemctl stop xl-remus; \
                xl destroy \(replica); true
                """, timeout: .seconds(120))
        }
        guard lab.power(of: .xen1) == .running else { return false }
        let ended = try Retry.until(limit: .seconds(60), pause: .milliseconds(300)) { () throws(LabError) -> Bool? in
            try isRunning() ? nil : true
        }
        if ended == nil { try lab.shell(.xen1, "pkill -KILL -f '[x]l remus'; true") }
        let lives = try Retry.until(limit: .seconds(30), pause: .milliseconds(500)) { () throws(LabError) -> Bool? in
            try lab.verifier(stage.guest, ["STAT"], seconds: 5).status == 0 ? true : nil
        }
        if lives == nil { stage.context.step("\(name) does not answer after xl remus was ended") }
        return lives != nil
    }

    /// Ends the connection on the backup's side by hand, as nothing of `xl remus` does it when a host dies.
    ///
    /// - Returns: When, in nanoseconds since 1970 of xen2's clock.
    /// - Throws: ``LabError``.
    func endConnection() throws(LabError) -> UInt64 {
        // The receiving xl's parent holds the connection: sshd's process for it, or cat.
        let script = """
            process=$(pgrep -o -f '\(Self.receiver)'); parent=$(ps -o ppid= -p $process); \
            date +%s%N; kill -KILL \(transport == .ssh ? "$parent" : "$(pgrep -o -x cat)")
            """
        let output = try lab.shell(.xen2, script)
        guard let time = UInt64(output.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw LabError(.commandFailed, attempt: "end the connection of xl remus", outcome: output)
        }
        return time
    }

    private func isRunning() throws(LabError) -> Bool {
        try lab.attemptShell(.xen1, "pgrep -f '[x]l remus'").status == 0
    }

    private func lastWords(of host: HostName) throws(LabError) -> String {
        String(try lab.attemptShell(host, "tail -c 600 \(Self.log)").output)
    }

    /// Has xen2 wait for the connection, and tells xen1 how to make it.
    private func listen() throws(LabError) {
        let receive = """
            #!/bin/bash
            # The pipe keeps the end of the connection away from xl until cat is killed.
            cat | exec xl migrate-receive -r 2>>\(Self.log)
            """
        let connect = """
            #!/bin/bash
            exec 3<>/dev/tcp/\(HostName.xen2.address(on: .repl))/\(Self.port)
            cat <&3 &
            exec cat >&3
            """
        let write = { (text: String, file: String) in
            "printf '%s\\n' \(Lab.quoted(text)) >\(file) && chmod 755 \(file)"
        }
        try lab.shell(.xen1, write(connect, "/run/xl-remus-connect"))
        try lab.shell(
            .xen2,
            """
            \(write(receive, "/run/xl-remus-receive")); systemctl reset-failed xl-remus; systemctl stop xl-remus; \
            systemd-run -q --unit=xl-remus -- systemd-socket-activate --accept --inetd \
            -l \(HostName.xen2.address(on: .repl)):\(Self.port) /run/xl-remus-receive
            """)
        // The activator listens in a moment.
        try stage.context.wait(until: "xen2 waits for the stream") { () throws(LabError) -> Bool? in
            try lab.attemptShell(.xen2, "ss -ltn | grep -q :\(Self.port)").status == 0 ? true : nil
        }
    }
}
