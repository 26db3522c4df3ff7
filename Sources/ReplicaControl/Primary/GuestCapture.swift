// Captures a guest: rounds of live pre-copy, and checkpoints of a suspended guest, as libxc records in staging.

internal import CheckpointStream
internal import ReplicaModel
internal import SystemKit
internal import XenToolstack

/// All that one protected guest's capture holds: mappings, dirty log, suspend channel and staging, made once.
///
/// An epoch copies each dirty page once, from the guest's memory into bytes that are ready to be sent.
struct GuestCapture: ~Copyable {
    /// Records that lie in staging until the next capture.
    struct Staged {
        /// The records, ready to be sent.
        let records: UnsafeRawBufferPointer
        /// Pages among them.
        let pages: Int
    }

    private var channel: SuspendChannel
    private var log: DirtyLog
    private var memory: GuestMemory
    private var state: GuestState
    private let staging: AnonymousMemory
    private let team: PageCopyTeam
    private let list = FrameList()
    private let grouping: FrameGrouping
    private var nextFrame: UInt64 = 0
    /// The most bytes that were ever staged.
    private(set) var peakBytes = 0

    /// The pages of one image record, and of the staging that is made ready beforehand.
    private static let readyPages = 4096
    /// The Xen release that the capture is built for; the hypervisor handle refuses any other.
    private static let xenMajor: UInt32 = 4
    private static let xenMinor: UInt32 = 17

    /// Opens the suspend channel, maps the guest and turns its dirty log on.
    ///
    /// - Parameters:
    ///   - hypervisor: The hypervisor, for the session's thread.
    ///   - domain: A running PVH or HVM guest.
    ///   - name: Its name, for the threads'.
    ///   - stagingBytes: The bound of a checkpoint, in bytes.
    ///   - shards: The shards that the frames of a record are grouped by; 1 leaves them in their order.
    /// - Throws: ``SessionFailure``; the guest is then as it was.
    init(
        hypervisor: Hypervisor, domain: DomainID, name: String, stagingBytes: Int, shards: Int
    ) throws(SessionFailure) {
        let staging: AnonymousMemory
        let team: PageCopyTeam
        do throws(SystemError) { staging = try AnonymousMemory(reserving: stagingBytes) } catch {
            throw SessionFailure(error)
        }
        do throws(SystemError) { team = try PageCopyTeam(name: name) } catch { throw SessionFailure(error) }
        staging.populate(PageDataLayout.stagingSize(pages: Self.readyPages))
        do throws(ToolstackError) {
            let channel = try SuspendChannel(hypervisor: hypervisor, domain: domain)
            let memory = try GuestMemory(hypervisor: hypervisor, domain: domain)
            let state = try GuestState(hypervisor: hypervisor, domain: domain)
            let log = try DirtyLog(hypervisor: hypervisor, domain: domain)
            self.channel = channel
            self.memory = memory
            self.state = state
            self.log = log
        } catch {
            throw SessionFailure(error)
        }
        self.staging = staging
        self.team = team
        grouping = FrameGrouping(shards: shards)
    }

    /// How many pages the first round will copy.
    var populatedPages: Int { memory.populatedCount }

    /// The headers and the static data that begin the image.
    mutating func stagePrologue(policy: CPUPolicy) throws(SessionFailure) -> Staged {
        var writer = RecordWriter(into: staging.bytes)
        try staged { () throws(StreamError) in
            try writer.writeHeaders(xenMajor: Self.xenMajor, xenMinor: Self.xenMinor)
            try writer.writeCPUIDPolicy(policy.cpuidLeaves.span.bytes)
            try writer.writeMSRPolicy(policy.msrEntries.span.bytes)
            try writer.writeStaticDataEnd()
        }
        return Staged(records: writer.written, pages: 0)
    }

    /// Stages the next record of the first, whole copy.
    ///
    /// - Returns: `nil` when every page was staged once.
    mutating func stageNextOfWholeCopy() throws(SessionFailure) -> Staged? {
        let count = memory.populatedFrames(from: nextFrame, into: list.frames)
        guard count > 0 else { return nil }
        nextFrame = list.frames[count - 1] + 1
        return try stageRecord(UnsafeBufferPointer(rebasing: list.frames[..<count]))
    }

    /// Fetches what the guest wrote since the last time, while it runs.
    ///
    /// - Returns: The number of dirty pages; they are staged by ``stageDirty(_:)``.
    mutating func collectLive() throws(SessionFailure) -> Int {
        do {
            _ = try log.collect(final: false)
            return try memory.keepPopulated(log.dirtyFrames)
        } catch { throw SessionFailure(error) }
    }

    /// Stages one record of the dirty pages that ``collectLive()`` found.
    ///
    /// - Parameter range: Positions among them, at most ``PageDataLayout/maximumCount``.
    /// - Returns: The record.
    /// - Throws: ``SessionFailure``.
    mutating func stageDirty(_ range: Range<Int>) throws(SessionFailure) -> Staged {
        try stageRecord(UnsafeBufferPointer(rebasing: log.dirtyFrames[range]))
    }

    /// How many pages the guest has written since the last capture; it runs on.
    borrowing func writtenPages() throws(SessionFailure) -> UInt64 {
        do { return try log.count() } catch { throw SessionFailure(error) }
    }

    /// Suspends the guest.
    mutating func suspend(timeout: Milliseconds) throws(SessionFailure) {
        do { try channel.suspend(timeout: timeout) } catch { throw SessionFailure(error) }
    }

    /// Copies what the guest wrote since the last capture, and the state of its vCPUs; the guest is suspended.
    ///
    /// - Throws: ``SessionFailure`` with ``ReasonCode/stagingLimit`` when the bound is too small for it
    ///   (safety rule 6).
    mutating func stageCheckpoint() throws(SessionFailure) -> Staged {
        let pages: Int
        do {
            _ = try log.collect(final: true)
            pages = try memory.keepPopulated(log.dirtyFrames)
        } catch { throw SessionFailure(error) }
        let dirty = UnsafeBufferPointer(rebasing: log.dirtyFrames[..<pages])
        let needed = PageDataLayout.stagingSize(pages: pages)
        guard needed < staging.bytes.count else {
            throw SessionFailure(
                .stagingLimit,
                "the guest wrote \(pages) pages in one epoch, more than the staging of \(staging.bytes.count >> 20) MiB "
                    + "holds; raise memory.staging_limit_mib, or lower epoch.interval_ms or, with a latency budget, "
                    + "epoch.interval_max_ms")
        }
        var writer = RecordWriter(into: staging.bytes)
        team.begin()
        var position = 0
        while position < pages {
            let batch = UnsafeBufferPointer(
                rebasing: dirty[position..<min(position + PageDataLayout.maximumCount, pages)])
            try assignBatch(batch, &writer)
            position += batch.count
        }
        team.copyAll()
        try stageState(&writer)
        peakBytes = max(peakBytes, writer.count)
        return Staged(records: writer.written, pages: pages)
    }

    /// Lets the suspended guest run on.
    ///
    /// - Returns: When it was let go, on the monotonic clock: it may run before this call is back.
    @discardableResult
    func resume() throws(SessionFailure) -> UInt64 {
        do { return try channel.resume() } catch { throw SessionFailure(error) }
    }

    /// Tells xenstored that the guest runs; off the critical path.
    func finishResume() throws(SessionFailure) {
        do { try channel.finishResume() } catch { throw SessionFailure(error) }
    }

    /// Takes everything away again; a suspended guest is let run on.
    consuming func close() throws(SessionFailure) {
        do {
            try channel.close()
            try log.disable()
        } catch { throw SessionFailure(error) }
    }

    private mutating func stageRecord(_ list: UnsafeBufferPointer<UInt64>) throws(SessionFailure) -> Staged {
        var writer = RecordWriter(into: staging.bytes)
        team.begin()
        try assignBatch(list, &writer)
        team.copyAll()
        return Staged(records: writer.written, pages: list.count)
    }

    /// Writes a record but for the contents, which the team is to copy.
    private func assignBatch(
        _ dirty: UnsafeBufferPointer<UInt64>, _ writer: inout RecordWriter
    ) throws(SessionFailure) {
        let list = grouping.group(dirty)
        let contents = try staged { () throws(StreamError) in
            try writer.writePageData(frames: Span(_unsafeElements: list))
        }
        guard let destination = contents.baseAddress else { return }
        // The record's own list stays; that of the grouping is overwritten by the next record's.
        let frames = UnsafeRawPointer(destination - list.count * MemoryLayout<UInt64>.size)
            .assumingMemoryBound(to: UInt64.self)
        memory.assignCopy(of: UnsafeBufferPointer(start: frames, count: list.count), to: destination, team)
    }

    private mutating func stageState(_ writer: inout RecordWriter) throws(SessionFailure) {
        do {
            try state.capture()
            let tsc = state.timestampCounter
            let parameters = state.parameters.map {
                CheckpointStream.HVMParameter(index: $0.index, value: $0.value)
            }
            try staged { () throws(StreamError) in
                try writer.writeTSCInfo(
                    TSCInfo(
                        mode: tsc.mode, kilohertz: tsc.kilohertz, nanoseconds: tsc.nanoseconds,
                        incarnation: tsc.incarnation))
                try writer.writeHVMContext(RawSpan(_unsafeBytes: state.context))
                try writer.writeHVMParameters(parameters.span)
            }
        } catch let error as ToolstackError {
            throw SessionFailure(error)
        } catch let error as SessionFailure {
            throw error
        } catch {
            throw SessionFailure(.internalFault, "\(error)")
        }
    }

    private func staged<Result>(_ body: () throws(StreamError) -> Result) throws(SessionFailure) -> Result {
        do { return try body() } catch { throw SessionFailure(.stagingLimit, error.description) }
    }
}

/// The frame numbers of one record of the whole copy, allocated once.
private struct FrameList: ~Copyable {
    let frames = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: PageDataLayout.maximumCount)

    deinit { frames.deallocate() }
}
