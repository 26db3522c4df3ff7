import Foundation

extension Scenario {
    static let verifyStream = Scenario(
        name: "verify-stream", summary: "Xen's own checker reads the stream that a protection sends",
        options: ["checkpoints": 20]
    ) { context in
        try VerifyStream(context).play()
    }
}

/// A recorder in the place of xen2's controller takes the stream of a protection, and then gives the guest back.
///
/// The heartbeat stays between the two hosts, so the protection can begin. xen2 claims nothing for the guest: the lease
/// lives on acknowledgements alone, and the recorder's last word opens the guest's output.
private struct VerifyStream {
    private let context: ScenarioContext
    private let checkpoints: Int
    private let program: String
    private let stage: Stage
    private let file: String

    private static let address = "\(NetworkName.repl.prefix).100"
    private static let xenTools = "/usr/lib/xen-4.17"

    init(_ context: ScenarioContext) throws(LabError) {
        self.context = context
        checkpoints = context.option("checkpoints")
        program = try Self.recorder(context.lab)
        stage = try Stage(context)
        file = "\(context.lab.layout.run)/stream"
    }

    /// The path of the recorder, which is built first, unless `REPLICACTL_LAB_RECORDER` names one that is.
    private static func recorder(_ lab: Lab) throws(LabError) -> String {
        if let given = ProcessInfo.processInfo.environment["REPLICACTL_LAB_RECORDER"] { return given }
        lab.progress.step("building replica-recorder")
        let root = URL(fileURLWithPath: lab.layout.source).deletingLastPathComponent().path
        let words = ["--package-path", root, "-c", "release", "--static-swift-stdlib", "--product", "replica-recorder"]
        try Command(["swift", "build"] + words, log: "\(lab.layout.cache)/build-recorder.log").run()
        return "\(root)/.build/release/replica-recorder"
    }

    func play() throws(LabError) {
        try stage.setWriteRate(500)
        let counter = try stage.startCounter()
        let before = try HostTraces(of: .xen1, guest: stage.guest.name, in: stage.lab)
        try record()
        try counter.waitForProgress(100)
        let after = try HostTraces(of: .xen1, guest: stage.guest.name, in: stage.lab)
        let differences = after.differences(from: before)
        try context.check(differences.isEmpty, "xen1 is as it was before: \(differences.joined(separator: "\n"))")
        try judge()
        _ = try stage.finish(counter: counter)
        try stage.checkMemory()
    }

    // MARK: recording

    private func record() throws(LabError) {
        let file = file
        context.atEnd { try? Files.remove(file) }
        let recorder = try stage.startProgram(
            [
                program, "--listen", Self.address, "--name", "\(HostName.xen2)", "--checkpoints", "\(checkpoints)",
                "--output", file,
            ], name: "recorder")
        try context.wait(until: "the recorder listens") { () throws(LabError) in
            try recorder.output().contains("listening") ? true : nil
        }
        let text = ProductSettings().text(for: .xen1)
        let peer = { (address: String) in "replication_address = \"\(address)\"" }
        try use(text.replacing(peer(HostName.xen2.address(on: .repl)), with: peer(Self.address)))
        let stage = stage
        context.atEnd { try? Self.use(text, stage) }

        try stage.protect()
        try context.wait(until: "\(checkpoints) checkpoints are recorded", limit: .seconds(600)) {
            () throws(LabError) in recorder.isRunning ? nil : true
        }
        let status = recorder.stop()
        let words = try recorder.output()
        try context.check(status == 0, "the recorder took it all: status \(status), \(words.suffix(300))")
        try stage.wait(for: .xen1, until: "the guest goes on without protection") { domain in
            domain.state == "unprotected" && domain.reason?.code == "operator-request"
        }
    }

    private func use(_ text: String) throws(LabError) { try Self.use(text, stage) }

    /// Gives xen1's controller a configuration; the heartbeat's is the same in both.
    private static func use(_ text: String, _ stage: Stage) throws(LabError) {
        try stage.product.configure(.xen1, text)
        try stage.lab.shell(.xen1, "systemctl restart \(Product.Service.controller)", timeout: .seconds(120))
        try stage.product.waitUntilPaired()
    }

    // MARK: judging

    private func judge() throws(LabError) {
        let stream = try RecordedStream(path: file)
        let pages = stream.records.filter { $0.type == RecordedStream.pageData }
        let marks = stream.records.filter { $0.type == RecordedStream.checkpoint }
        context.record("stream", Double(Files.size(file)), unit: "bytes")
        context.record("stream_records", Double(stream.records.count))
        try context.check(
            marks.count == checkpoints, "the stream has \(marks.count) checkpoints, should have \(checkpoints)")
        try context.check(stream.records.last?.type == RecordedStream.end, "the stream ends with END")

        let start = WallClock.now
        let good = try check()
        context.record("checker", Double(WallClock.now - start) / 1e9, unit: "s")
        try context.check(good.status == 0, "Xen's checker takes the stream: status \(good.status) \(good.errors)")

        guard let last = pages.last else { throw LabError(.checkFailed, attempt: "find a page", outcome: "none") }
        try RecordedStream.breakLength(of: last, in: file)
        let bad = try check()
        try context.check(
            bad.status != 0, "Xen's checker refuses one wrong length: status \(bad.status) \(bad.errors.suffix(200))")
    }

    /// Runs Xen's checker of migration streams on this machine.
    private func check() throws(LabError) -> CommandResult {
        try Command(
            [
                "env", "PYTHONPATH=\(Self.xenTools)/lib/python", "\(Self.xenTools)/bin/verify-stream-v2", "-v", "-f",
                "libxc", "-i", file,
            ], timeout: .seconds(600)
        ).attempt()
    }
}
