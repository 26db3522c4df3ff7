internal import CheckpointStream
internal import ReplicaControl
internal import ReplicaModel
internal import SystemKit

/// The stream of one domain: verified as a backup does, written down, and acknowledged.
struct Tape: ~Copyable {
    private let connection: FrameConnection
    private let generation: Generation
    private let frameLimit: UInt64
    private let checkpointLimit: UInt64
    private var recording: Recording
    private let buffer: AnonymousMemory
    /// What pages are decoded with; `nil` where they come as they are.
    private let intake: PageIntake?
    /// Complete checkpoints so far.
    private(set) var checkpoints: UInt64 = 0

    /// How long the primary may take for the image's next piece, or for the next epoch.
    private static let patience: Milliseconds = 60_000
    private static let timeout: Milliseconds = 10_000

    /// Bytes of the file's records without its END.
    var bytes: Int { recording.committed }

    init(
        _ request: Protect, generation: Generation, connection: FrameConnection, path: String
    ) throws(CommandError) {
        let recording = try Recording(path: path)
        let buffer: AnonymousMemory
        do throws(SystemError) { buffer = try AnonymousMemory(reserving: FrameHeader.maximumBulk) } catch {
            throw CommandError(.internalFault, error.description)
        }
        let frames = request.highestFrame
        do throws(SessionFailure) {
            intake = try request.encoding.map { (terms) throws(SessionFailure) in
                try PageIntake(terms, highestFrame: frames)
            }
        } catch { throw CommandError(error.reason, error.text) }
        self.recording = recording
        self.buffer = buffer
        self.connection = connection
        self.generation = generation
        frameLimit = request.highestFrame + 1
        checkpointLimit = request.maximumCheckpointBytes
    }

    /// Records until so many checkpoints are there, or the primary ends the protection.
    ///
    /// - Parameters:
    ///   - wanted: How many, at least 1.
    ///   - report: Takes one line for each step.
    /// - Throws: `CommandError` when something invalid came, or the connection broke.
    mutating func record(_ wanted: UInt64, report: (String) -> Void) throws(CommandError) {
        var frame = try takeImage(report)
        while true {
            switch frame.content {
            case .message(.checkpointBegin(let begin)):
                try takeCheckpoint(begin, frame.header, report)
                if checkpoints == wanted { return leave() }
            case .message(.addresses(let interfaces)):
                report("addresses of \(interfaces.count) interfaces")
            case .message(.stop(let stop)):
                report("the primary ended the protection: \(stop.reason)")
                return leave()
            case .message, .bulk:
                throw Self.corrupt("an unexpected message came between two checkpoints")
            }
            frame = try next()
        }
    }

    /// Ends the file; what was complete stays.
    mutating func finish() throws(CommandError) { try recording.finish() }

    /// Takes the image.
    ///
    /// - Returns: The frame that ended it.
    private mutating func takeImage(_ report: (String) -> Void) throws(CommandError) -> ReceivedFrame {
        var verifier = ImageVerifier(frameLimit: frameLimit)
        var assembly = PageRecordAssembly(intake, announced: .max)
        while true {
            let frame = try next()
            switch frame.content {
            case .bulk(let type) where type != .checkpointData:
                guard let piece = try records(type, frame.header, &assembly) else { continue }
                do throws(StreamError) { try verifier.feed(piece) } catch { throw Self.corrupt(error.description) }
                try recording.add(piece)
            case .message(.checkpointBegin):
                let image: VerifiedRecords
                try whole(assembly)
                do throws(StreamError) { image = try verifier.finish() } catch {
                    throw Self.corrupt(error.description)
                }
                report("image: \(image.pages) pages, \(image.bytes) bytes, \(image.records) records")
                return frame
            case .message(.stop): return frame
            case .message, .bulk: throw Self.corrupt("an unexpected message came inside the image")
            }
        }
    }

    private mutating func takeCheckpoint(
        _ begin: CheckpointBegin, _ header: FrameHeader, _ report: (String) -> Void
    ) throws(CommandError) {
        guard header.epoch.rawValue == checkpoints + 1, header.generation == generation,
            begin.totalBytes <= checkpointLimit
        else { throw Self.corrupt("epoch \(header.epoch) of generation \(header.generation) was not due") }
        var verifier = RecordVerifier(frameLimit: frameLimit, byteLimit: begin.totalBytes)
        var checksum = PieceChecksum()
        var assembly = PageRecordAssembly(intake, announced: begin.pageCount)
        while true {
            let frame = try next()
            guard frame.header.epoch == header.epoch, frame.header.generation == generation else {
                throw Self.corrupt("a frame of epoch \(frame.header.epoch) came inside epoch \(header.epoch)")
            }
            switch frame.content {
            case .bulk(let type) where type != .image:
                checksum.add(frame.header.payloadChecksum)
                guard let piece = try records(type, frame.header, &assembly) else { continue }
                do throws(StreamError) { try verifier.feed(piece) } catch { throw Self.corrupt(error.description) }
                try recording.add(piece)
            case .message(.checkpointEnd(let end)):
                let records: VerifiedRecords
                do throws(StreamError) { records = try verifier.finish(pages: begin.pageCount) } catch {
                    throw Self.corrupt(error.description)
                }
                guard records.bytes == begin.totalBytes, checksum.value == end.checksum else {
                    throw Self.corrupt("the checkpoint of epoch \(header.epoch) is not what was announced")
                }
                try recording.commit()
                checkpoints += 1
                try acknowledge(header.epoch, end, records)
                return report("checkpoint \(checkpoints): \(records.pages) pages, \(records.bytes) bytes")
            case .message, .bulk:
                throw Self.corrupt("another message came inside the checkpoint of epoch \(header.epoch)")
            }
        }
    }

    /// The records that lie in the buffer after a frame of bulk data; `nil` while a record of pages is not complete.
    private func records(
        _ type: BulkType, _ header: FrameHeader, _ assembly: inout PageRecordAssembly
    ) throws(CommandError) -> UnsafeRawBufferPointer? {
        var size = header.payloadLength
        do throws(PagesFault) {
            if type == .pages, let intake {
                guard let record = try assembly.add(intake.received(header), to: buffer.bytes) else { return nil }
                size = record
            } else {
                try assembly.demandWholeRecords()
            }
        } catch { throw Self.corrupt(error.description) }
        return UnsafeRawBufferPointer(rebasing: buffer.bytes[..<size])
    }

    private func whole(_ assembly: PageRecordAssembly) throws(CommandError) {
        do throws(PagesFault) { try assembly.demandWholeRecords() } catch { throw Self.corrupt(error.description) }
    }

    private func acknowledge(
        _ epoch: Epoch, _ end: CheckpointEnd, _ records: VerifiedRecords
    ) throws(CommandError) {
        try talk { () throws(TransportError) in
            try connection.send(
                .acknowledge(Acknowledge(sentAt: end.sentAt, stagedBytes: records.bytes)), generation: generation,
                epoch: epoch, timeout: Self.timeout)
        }
    }

    private func next() throws(CommandError) -> ReceivedFrame {
        try talk { () throws(TransportError) in
            try connection.receive(bulk: buffer.bytes, pages: intake?.room, timeout: Self.patience)
        }
    }

    /// Says that there is no replica, so that the primary opens the guest's output, and waits until it has closed.
    private func leave() {
        let lost = Ending(reason: ReasonCode.operatorRequest.rawValue, text: "the recorder has what it was to record")
        do throws(TransportError) {
            try connection.send(.lost(lost), generation: generation, timeout: Self.timeout)
            connection.finishSending()
            let end = Clock.monotonic + Self.timeout.nanoseconds
            while Clock.monotonic < end {
                _ = try connection.receive(bulk: buffer.bytes, pages: intake?.room, timeout: Self.timeout)
            }
        } catch {
            // The primary closed, as it should, or it is gone.
        }
    }

    private static func corrupt(_ text: String) -> CommandError { CommandError(.checkpointCorrupt, text) }
}
