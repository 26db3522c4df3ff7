import CheckpointStream
import Glibc
import PageSamples
import ReplicaModel
import Synchronization
import SystemKit
import TestSupport
import Testing

@testable import ReplicaControl
@testable import ReplicaRecorder

/// The recorder against a primary's first words and a sample stream, over loopback.
@Suite struct RecorderTests {
    private static let generation = Generation(rawValue: 5)
    private static let checkpointMark: [UInt8] = [0x0e, 0, 0, 0, 0, 0, 0, 0]
    private static let endMark = [UInt8](repeating: 0, count: 8)

    private let folder: TemporaryDirectory
    private let lines = Lines()

    init() throws { folder = try TemporaryDirectory() }

    /// What the recorder reported.
    private final class Lines: Sendable {
        private let texts = Mutex<[String]>([])

        func add(_ text: String) { texts.withLock { $0.append(text) } }

        var all: [String] { texts.withLock { $0 } }
    }

    private var file: String { folder.path + "/stream" }

    private func recorded() throws -> [UInt8] {
        let descriptor = FileDescriptor(owning: try retrying("open") { open(file, O_RDONLY) })
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        return try bytes.withUnsafeMutableBytes { raw in
            var count = 0
            while true {
                let more = try descriptor.read(into: UnsafeMutableRawBufferPointer(rebasing: raw[count...]))
                if more == 0 { return Array(raw[..<count]) }
                count += more
            }
        }
    }

    private func recorder(checkpoints: Int = 2, version: Int? = nil) throws -> Recorder {
        var values = ["listen": "127.0.0.1", "port": "0", "name": "xen2"]
        if let version {
            values["speak-version"] = "\(version)"
        } else {
            values["checkpoints"] = "\(checkpoints)"
            values["output"] = file
        }
        return try Recorder(try RecorderOptions(values)) { [lines] in lines.add($0) }
    }

    /// Lets a recorder serve, and tells its port and how it ended.
    private func start(
        checkpoints: Int = 2, version: Int? = nil
    ) throws -> (port: UInt16, end: Background<CommandError?>) {
        let recorder = try recorder(checkpoints: checkpoints, version: version)
        let port = recorder.port
        let end = try Background<CommandError?> {
            do throws(CommandError) {
                try recorder.run()
                return nil
            } catch { return error }
        }
        return (port, end)
    }

    private func dial(_ port: UInt16) throws(SessionFailure) -> FrameConnection {
        var configuration = Configuration()
        configuration.host.name = "xen1"
        configuration.peer = .init(name: "xen2", replicationAddress: "127.0.0.1", port: port)
        return try PeerDial.connect(configuration)
    }

    private func protect(checkOnly: Bool = false, encoding: EncodingTerms? = nil) -> Message {
        .protect(
            Protect(
                identity: DomainIdentity(high: 1, low: 2), name: "web", configuration: "{}",
                highestFrame: SampleStream.frameLimit - 1, memoryBytes: 1 << 27, bridges: ["xenbr0"], cpuidPolicy: [],
                msrPolicy: [], checkOnly: checkOnly, maximumCheckpointBytes: 1 << 20,
                ownership: "safe-by-lease", home: "xen1", encoding: encoding))
    }

    private func send(_ connection: FrameConnection, _ message: Message, epoch: UInt64 = 0) throws(TransportError) {
        try connection.send(
            message, generation: Self.generation, epoch: Epoch(rawValue: epoch), timeout: LoopbackPair.patience)
    }

    private func receive(_ connection: FrameConnection) throws(TransportError) -> ReceivedFrame {
        try connection.receive(timeout: LoopbackPair.patience)
    }

    /// Asks for a replica and sends the image.
    private func begin(_ connection: FrameConnection, image: [UInt8]) throws(TransportError) {
        try send(connection, protect())
        let answer = try receive(connection)
        #expect(answer.content == .message(.ready))
        try connection.sendBulk(.image, image, generation: Self.generation, pieces: 1_000)
    }

    private func sendCheckpoint(
        _ connection: FrameConnection, _ bytes: [UInt8], epoch: UInt64, pages: UInt64 = 2
    ) throws(TransportError) {
        try send(
            connection,
            .checkpointBegin(
                CheckpointBegin(
                    totalBytes: UInt64(bytes.count), pageCount: pages, isInitial: epoch == 1, isFinal: false)),
            epoch: epoch)
        try connection.sendBulk(
            .checkpointData, bytes, generation: Self.generation, epoch: Epoch(rawValue: epoch))
        var checksum = PieceChecksum()
        checksum.add(bytes.span.bytes.withUnsafeBytes { Checksum.of($0) })
        try send(
            connection, .checkpointEnd(CheckpointEnd(checksum: checksum.value, sentAt: 100 + epoch)), epoch: epoch)
    }

    /// Sends a checkpoint to a recorder that may close at its first frame.
    private func offer(_ connection: FrameConnection, _ bytes: [UInt8], epoch: UInt64) {
        _ = TransportError.thrown { () throws(TransportError) in
            try sendCheckpoint(connection, bytes, epoch: epoch)
        }
    }

    @Test func recordsWhatItAcknowledges() throws {
        let recorder = try start()
        let connection = try dial(recorder.port)
        let image = try SampleStream.image()
        try begin(connection, image: image)
        let checkpoints = try [SampleStream.checkpoint(filled: 1), SampleStream.checkpoint(filled: 2)]
        for (index, bytes) in checkpoints.enumerated() {
            let epoch = UInt64(index) + 1
            try sendCheckpoint(connection, bytes, epoch: epoch)
            if index == 0 { try send(connection, .addresses([])) }
            let answer = try receive(connection)
            #expect(
                answer.content
                    == .message(.acknowledge(Acknowledge(sentAt: 100 + epoch, stagedBytes: UInt64(bytes.count)))))
            #expect(answer.header.epoch == Epoch(rawValue: epoch))
            #expect(answer.header.generation == Self.generation)
        }
        // Then it says that there is no replica, and reads on until this side has closed, too.
        #expect(
            try receive(connection).content
                == .message(.lost(Ending(reason: "operator-request", text: "the recorder has what it was to record"))))
        try send(connection, .addresses([]))
        connection.shutdown()
        #expect(try #require(recorder.end.wait()) == nil)
        #expect(
            try recorded()
                == image + checkpoints[0] + Self.checkpointMark + checkpoints[1] + Self.checkpointMark + Self.endMark)
        #expect(lines.all.contains("image: 3 pages, \(image.count) bytes, 4 records"))
        #expect(lines.all.contains("checkpoint 2: 2 pages, \(checkpoints[1].count) bytes"))
    }

    @Test(arguments: [1, 2] as [UInt16]) func recordsEncodedPagesAsTheyWereCaptured(shards: UInt16) throws {
        let recorder = try start(checkpoints: 1)
        let connection = try dial(recorder.port)
        let guest = try EncodedGuest(shards: shards)
        try send(connection, protect(encoding: guest.terms))
        #expect(try receive(connection).content == .message(.ready))
        guest.change([1, 4, 9, 16], .text)
        let image = try SampleStream.image(frames: [0])
        let prologue = image.dropLast(PageDataLayout(count: 1).size)
        try connection.sendBulk(.image, prologue, generation: Self.generation)
        func bulk(_ type: BulkType, _ bytes: UnsafeRawBufferPointer, _ epoch: UInt64) throws(SessionFailure) -> UInt32 {
            try connected { () throws(TransportError) in
                try connection.send(
                    type, bytes, generation: Self.generation, epoch: Epoch(rawValue: epoch),
                    timeout: LoopbackPair.patience)
            }
        }
        // Two rounds of the first copy, of which the second finds the first in the cache.
        let rounds = try [guest.pages([1, 4, 9, 16]), guest.pages([4, 9])]
        for round in rounds {
            _ = try guest.send(round, as: .image) { (type, bytes) throws(SessionFailure) in try bulk(type, bytes, 0) }
        }
        guest.change([9], .words(3))
        let bytes = try guest.checkpoint([4, 9])
        try send(
            connection,
            .checkpointBegin(
                CheckpointBegin(totalBytes: UInt64(bytes.count), pageCount: 2, isInitial: true, isFinal: false)),
            epoch: 1)
        let sent = try guest.send(bytes) { (type, bytes) throws(SessionFailure) in try bulk(type, bytes, 1) }
        try send(
            connection, .checkpointEnd(CheckpointEnd(checksum: sent.checksum.value, sentAt: 101)), epoch: 1)
        #expect(try receive(connection).header.type == .acknowledge)
        #expect(try receive(connection).header.type == .lost)
        connection.shutdown()
        #expect(try #require(recorder.end.wait()) == nil)
        var expected = Array(prologue)
        for part in rounds + [bytes, Self.checkpointMark, Self.endMark] { expected += part }
        let isSame = try recorded() == expected
        #expect(isSame)
        let same = guest.pipeline.status.schemes.first { $0.scheme == "same" }
        #expect(same?.pages == 3)
    }

    @Test func answersAMereCheckAndGoesOnListening() throws {
        let recorder = try start(checkpoints: 1)
        let check = try dial(recorder.port)
        try send(check, protect(checkOnly: true))
        #expect(try receive(check).content == .message(.ready))
        check.shutdown()
        let connection = try dial(recorder.port)
        try begin(connection, image: try SampleStream.image())
        try sendCheckpoint(connection, try SampleStream.checkpoint(), epoch: 1)
        #expect(try receive(connection).header.type == .acknowledge)
        #expect(try receive(connection).header.type == .lost)
        connection.shutdown()
        #expect(try #require(recorder.end.wait()) == nil)
    }

    @Test func endsWhenThePrimaryEndsTheProtection() throws {
        let recorder = try start(checkpoints: 100)
        let connection = try dial(recorder.port)
        let image = try SampleStream.image()
        let bytes = try SampleStream.checkpoint()
        try begin(connection, image: image)
        try sendCheckpoint(connection, bytes, epoch: 1)
        #expect(try receive(connection).header.type == .acknowledge)
        try send(connection, .stop(Ending(reason: "operator-request", text: "")))
        #expect(try receive(connection).header.type == .lost)
        connection.shutdown()
        #expect(try #require(recorder.end.wait()) == nil)
        #expect(try recorded() == image + bytes + Self.checkpointMark + Self.endMark)
    }

    @Test func aRecordingThatBreaksOffEndsWithItsLastCheckpoint() throws {
        let recorder = try start(checkpoints: 100)
        let connection = try dial(recorder.port)
        let image = try SampleStream.image()
        let bytes = try SampleStream.checkpoint()
        try begin(connection, image: image)
        try sendCheckpoint(connection, bytes, epoch: 1)
        #expect(try receive(connection).header.type == .acknowledge)
        try send(
            connection,
            .checkpointBegin(
                CheckpointBegin(totalBytes: UInt64(bytes.count), pageCount: 2, isInitial: false, isFinal: false)),
            epoch: 2)
        try connection.sendBulk(
            .checkpointData, bytes.prefix(5_000), generation: Self.generation, epoch: Epoch(rawValue: 2))
        connection.finishSending()
        #expect(try #require(recorder.end.wait())?.reason == .connectionLost)
        #expect(try recorded() == image + bytes + Self.checkpointMark + Self.endMark)
    }

    @Test func acknowledgesNothingThatIsNotValid() throws {
        let recorder = try start()
        let connection = try dial(recorder.port)
        try begin(connection, image: try SampleStream.image())
        var bytes = try SampleStream.checkpoint()
        bytes[0] = 0x0e
        offer(connection, bytes, epoch: 1)
        let failure = TransportError.thrown { () throws(TransportError) in _ = try receive(connection) }
        #expect(failure == .closed)
        #expect(try #require(recorder.end.wait())?.reason == .checkpointCorrupt)
        #expect(try recorded() == [])
    }

    @Test func anEpochThatIsNotDueIsNotAcknowledged() throws {
        let recorder = try start()
        let connection = try dial(recorder.port)
        try begin(connection, image: try SampleStream.image())
        offer(connection, try SampleStream.checkpoint(), epoch: 2)
        let failure = TransportError.thrown { () throws(TransportError) in _ = try receive(connection) }
        #expect(failure == .closed)
        #expect(try #require(recorder.end.wait())?.reason == .checkpointCorrupt)
    }

    @Test func anImageWithoutItsPoliciesIsNotTaken() throws {
        let recorder = try start()
        let connection = try dial(recorder.port)
        try begin(connection, image: Array(try SampleStream.image().prefix(40)))
        offer(connection, try SampleStream.checkpoint(), epoch: 1)
        #expect(try #require(recorder.end.wait())?.reason == .checkpointCorrupt)
    }

    @Test(arguments: [2, 99, 65_535]) func answersInAnotherVersion(version: Int) throws {
        let recorder = try start(version: version)
        let failure = #expect(throws: SessionFailure.self) { try dial(recorder.port) }
        #expect(failure?.reason == .protocolVersionMismatch)
        #expect(
            failure?.text.contains(
                "the peer speaks protocol version \(version) and this host version \(FrameHeader.version)") == true)
        #expect(try #require(recorder.end.wait()) == nil)
        #expect(lines.all.last == "answered with protocol version \(version)")
    }

    // MARK: The command line

    private func run(_ arguments: [String]) -> (status: ReplicaControl.ExitStatus, out: [String], error: String) {
        let out = Lines()
        var error = ""
        let status = RecorderTool.run(arguments, out: { out.add($0) }, error: { error += $0 })
        return (status, out.all, error)
    }

    @Test func explainsItself() {
        let result = run(["--help"])
        #expect(result.status == .success)
        #expect(result.out == [RecorderTool.help])
        for name in RecorderOptions.names { #expect(RecorderTool.help.contains("  --\(name) ")) }
        let longest = RecorderTool.help.split(separator: "\n").map(\.count).max() ?? 0
        #expect(longest <= 80)
    }

    @Test(arguments: [
        ([], "the option \"--listen\" is missing"),
        (["--listen", "::1", "--name", "xen2", "--output", "f"], "the option \"--checkpoints\" is missing"),
        (["--listen", "::1", "--name", "xen2", "--checkpoints", "1"], "the option \"--output\" is missing"),
        (["--listen"], "the option \"--listen\" needs a value"),
        (["--loud"], "the option \"--loud\" is not known, or takes no value"),
        (["now"], "\"now\" is one too many"),
        (
            ["--listen", "::1", "--name", "xen2", "--output", "f", "--checkpoints", "0"],
            "\"--checkpoints 0\" is not a whole number of 1 to"
        ),
        (
            ["--listen", "::1", "--name", "xen2", "--speak-version", "65536"],
            "\"--speak-version 65536\" is not a whole number of 1 to 65535"
        ),
        (["--listen", "::1", "--name", "xen2", "--port", "x"], "\"--port x\" is not a whole number of 0 to 65535"),
    ])
    func aWrongCommandLineIsExplained(arguments: [String], message: String) {
        let result = run(arguments)
        #expect(result.status == .usage)
        #expect(result.error.hasPrefix("replica-recorder: \(message)"), "\(result.error)")
        #expect(result.error.hasSuffix("\n`replica-recorder --help` explains the options\n"))
    }

    @Test func anAddressThatIsTakenIsTold() throws {
        let other = try TCPListener(host: "127.0.0.1", port: 0, userTimeout: LoopbackPair.patience)
        let result = run([
            "--listen", "127.0.0.1", "--port", "\(other.port)", "--name", "xen2", "--checkpoints", "1", "--output",
            file,
        ])
        #expect(result.status == .internalFault)
        #expect(
            result.error.hasPrefix(
                "replica-recorder: cannot listen on 127.0.0.1 port \(other.port): bind on 127.0.0.1"))
    }

    @Test func aFileThatCannotBeWrittenIsTold() throws {
        var failure: CommandError?
        do throws(CommandError) { _ = try Recording(path: folder.path) } catch { failure = error }
        #expect(failure?.message == "the recording \(folder.path) cannot be written: open: Is a directory")
    }
}
