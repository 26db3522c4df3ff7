// The first copy of a replica: the whole image, verified piece by piece on its way to the restore helper.

internal import CheckpointStream
internal import ReplicaModel
internal import ReplicaProtocol
internal import SystemKit
internal import Telemetry
internal import XenToolstack

extension ReplicaWorker {
    /// The longest wait for a piece of the image without a look at the heartbeat.
    private static let receiveSlice: Milliseconds = 1_000

    /// Starts the restore helper and hands the image through to it, verified piece by piece.
    ///
    /// - Returns: The announcement of the first checkpoint, which ends the image.
    func takeImage() throws(SessionFailure) -> (CheckpointBegin, FrameHeader) {
        let name = session.subject.name
        do throws(ToolstackError) {
            helper = try RestoreHelper(
                hypervisor: environment.hypervisor, configuration: environment.configuration,
                name: ReplicaName.of(name), connectsDirectly: environment.connectsDirectly
            ) { line in Log.info("libxl", ("REPLICACTL_DOMAIN", name), ("REPLICACTL_DETAIL", line)) }
        } catch { throw SessionFailure(.restoreFailed, error.description) }
        do throws(SystemError) { staging = try CheckpointStaging(limit: environment.stagingBytes) } catch {
            throw SessionFailure(error)
        }
        guard let staging else { throw SessionFailure(.internalFault, "there is no staging") }
        if let terms = environment.encoding {
            intake = try PageIntake(terms, highestFrame: environment.frameLimit - 1)
        }
        try send(.ready, Epoch.none)
        try feed(LibxlRecords.preamble)
        var verifier = ImageVerifier(frameLimit: environment.frameLimit)
        var assembly = PageRecordAssembly(intake, announced: .max)
        let room = UnsafeMutableRawBufferPointer(rebasing: staging.bytes(of: 0).prefix(FrameHeader.maximumBulk))
        while true {
            guard let frame = try receiveOfImage(into: room) else { continue }
            switch frame.content {
            case .bulk(let type) where type != .checkpointData:
                guard let size = try sizeOfImagePiece(type, frame.header, room, &assembly) else { continue }
                let piece = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(room)[..<size])
                do throws(StreamError) { try verifier.feed(piece) } catch {
                    throw SessionFailure(.checkpointCorrupt, error.description)
                }
                try feed(piece)
            case .message(.checkpointBegin(let begin)):
                try sound { () throws(PagesFault) in try assembly.demandWholeRecords() }
                do throws(StreamError) { _ = try verifier.finish() } catch {
                    throw SessionFailure(.checkpointCorrupt, error.description)
                }
                return (begin, frame.header)
            case .message(.diskBarrier):
                decide(.barrier(frame.header.epoch, generation: frame.header.generation))
            case .message(.stop(let stop)):
                throw SessionFailure(.primaryEnded, stop.text)
            case .message, .bulk:
                throw SessionFailure(.checkpointCorrupt, "an unexpected message came inside the image")
            }
        }
    }

    /// The bytes of the image that now lie at the start of the room.
    ///
    /// - Returns: `nil` while a record of pages is not complete.
    private func sizeOfImagePiece(
        _ type: BulkType, _ header: FrameHeader, _ room: UnsafeMutableRawBufferPointer,
        _ assembly: inout PageRecordAssembly
    ) throws(SessionFailure) -> Int? {
        guard type == .pages, let intake else {
            try sound { () throws(PagesFault) in try assembly.demandWholeRecords() }
            return header.payloadLength
        }
        return try sound { () throws(PagesFault) in try assembly.add(intake.received(header), to: room) }
    }

    private func sound<Result>(_ body: () throws(PagesFault) -> Result) throws(SessionFailure) -> Result {
        do throws(PagesFault) { return try body() } catch {
            throw SessionFailure(.checkpointCorrupt, error.description)
        }
    }

    /// Receives one frame of the image, and looks at the heartbeat while none comes: the primary's host may be gone.
    ///
    /// - Returns: `nil` when none came for a while.
    private func receiveOfImage(into room: UnsafeMutableRawBufferPointer) throws(SessionFailure) -> ReceivedFrame? {
        do throws(TransportError) {
            let frame = try connection.receive(bulk: room, pages: intake?.room, timeout: Self.receiveSlice)
            decide(.heard)
            return frame
        } catch {
            guard error == .timedOut else { throw SessionFailure(.connectionLost, error.description) }
        }
        while let event = session.mailbox.next(before: 0) { handle(event) }
        guard !machine.isSettled else { throw SessionFailure(.connectionLost, "the first copy was broken off") }
        return nil
    }

    func startStager(first: (CheckpointBegin, FrameHeader)) throws(SessionFailure) {
        guard let staging else { return }
        let stager = CheckpointStager(
            connection: connection, staging: staging, frameLimit: environment.frameLimit, intake: intake,
            mailbox: session.mailbox)
        do throws(SystemError) {
            try Thread(name: "stage-\(session.subject.name)") { stager.run(first: first) }.detach()
        } catch { throw SessionFailure(error) }
    }
}

/// The name of a replica until it is activated.
enum ReplicaName {
    /// What marks a replica.
    static let suffix = "--replica"

    /// The replica's name for a domain's.
    static func of(_ name: String) -> String { name + suffix }
}
