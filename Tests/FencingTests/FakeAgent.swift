import Fencing
import Glibc
import ReplicaModel
import SystemKit
import Testing

/// A fence agent of a test's own: a script in a directory of its own, which goes with the object.
final class FakeAgent: Sendable {
    let directory: String
    var program: String { "\(directory)/fence_fake" }
    /// What the script wrote into its file `name`.
    func note(_ name: String) -> String {
        guard let file = fopen("\(directory)/\(name)", "r") else { return "" }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    /// Makes the agent; `script` finds the action in `$action`, the options in `$options`, its directory in `$here`.
    init(_ script: String, mode: mode_t = 0o700) throws {
        var template = Array("/tmp/replicactl-test-XXXXXX".utf8CString)
        directory = String(cString: try #require(mkdtemp(&template)))
        let text = """
            #!/bin/sh
            here=$(dirname "$0")
            options=$(cat)
            action=$(printf '%s\\n' "$options" | sed -n 's/^action=//p')
            printf '%s\\n' "$action" >>"$here/actions"
            \(script)
            """
        // By another process: a file that this one has open for writing, or a child of a moment ago, cannot be run.
        let run = try ProcessRun.run(
            path: "/usr/bin/tee", arguments: ["\(directory)/fence_fake"], input: text, timeout: 10_000_000_000, grace: 0
        )
        try #require(run.ending == .exited(status: 0))
        chmod("\(directory)/fence_fake", mode)
    }

    deinit {
        _ = try? ProcessRun.run(path: "/bin/rm", arguments: ["-rf", directory], timeout: 10_000_000_000, grace: 0)
    }

    /// The agent as it is configured.
    func configuration(
        action: FenceConfiguration.Action = .off, timeout: Milliseconds = 60_000, verifies: Bool = false
    ) throws -> FenceConfiguration {
        try FenceConfiguration(
            program: program,
            options: [.init(name: "ip", value: "192.0.2.7"), .init(name: "password", value: "top secret=x")],
            action: action, timeout: timeout, verifies: verifies)
    }
}

extension FenceResult {
    /// Whether the peer was fenced.
    var isFenced: Bool { if case .fenced = self { true } else { false } }

    /// Why not.
    var reason: String { if case .failed(let reason) = self { reason } else { "" } }
}
