internal import ReplicaModel
internal import SystemKit
internal import XenToolstack

/// The least that a checkpoint can cost with Xen's libraries: clean the dirty log, copy, read the context, resume.
///
/// No records, no barrier, no network.
struct CaptureFloor: ~Copyable {
    /// What one round cost, in microseconds.
    struct Round: Equatable {
        var pages = 0
        /// From the request until the guest stood still; not part of the pause.
        var suspend: UInt64 = 0
        /// Collecting the dirty log.
        var clean: UInt64 = 0
        /// Leaving out the frames without memory, which the floor does not count.
        var filter: UInt64 = 0
        /// Copying the pages.
        var copy: UInt64 = 0
        /// Reading the state of the virtual processors.
        var context: UInt64 = 0
        /// Until the guest ran again.
        var resume: UInt64 = 0

        /// The floor of the pause.
        var pause: UInt64 { clean + copy + context + resume }

        /// One line of the report.
        var text: String {
            "round pages=\(pages) suspend_us=\(suspend) clean_us=\(clean) filter_us=\(filter) copy_us=\(copy)"
                + " context_us=\(context) resume_us=\(resume) pause_us=\(pause)"
        }
    }

    private static let suspendTimeout: Milliseconds = 10_000
    /// What is made ready beforehand, as the product does it.
    private static let readyBytes = 64 << 20

    private var channel: SuspendChannel
    private var log: DirtyLog
    private var memory: GuestMemory
    private var state: GuestState
    private let staging: AnonymousMemory
    /// The floor is one copy by one thread.
    private let alone: PageCopyTeam
    /// How many frames the last round copied.
    private var copied = 0

    /// Turns the dirty log on and maps the guest; a protected guest refuses.
    ///
    /// - Parameters:
    ///   - hypervisor: The hypervisor.
    ///   - domain: A running PVH or HVM guest.
    /// - Throws: ``MeterError``; the guest is then as it was.
    init(hypervisor: Hypervisor, domain: DomainID) throws(MeterError) {
        do throws(ToolstackError) {
            let channel = try SuspendChannel(hypervisor: hypervisor, domain: domain)
            let memory = try GuestMemory(hypervisor: hypervisor, domain: domain)
            let state = try GuestState(hypervisor: hypervisor, domain: domain, hasParameters: false)
            let log = try DirtyLog(hypervisor: hypervisor, domain: domain)
            let staging: AnonymousMemory
            let alone: PageCopyTeam
            do throws(SystemError) {
                staging = try AnonymousMemory(reserving: Int(memory.frames) * GuestMemory.pageSize)
            } catch { throw .callFailed(action: "reserve memory for the copies", domain: domain, cause: error) }
            do throws(SystemError) { alone = try PageCopyTeam(name: "floor", helpers: 0) } catch {
                throw .callFailed(action: "get ready to copy", domain: domain, cause: error)
            }
            staging.populate(Self.readyBytes)
            self.channel = channel
            self.memory = memory
            self.state = state
            self.log = log
            self.staging = staging
            self.alone = alone
        } catch { throw .toolstack(error) }
    }

    /// One more than the guest's highest frame number.
    var guestFrames: UInt64 { memory.frames }

    /// The frames that the last round or piece copied, until the next one.
    var frames: UnsafeBufferPointer<UInt64> { UnsafeBufferPointer(rebasing: log.dirtyFrames[..<copied]) }

    /// Their pages.
    var pages: UnsafeRawBufferPointer { pages(copied) }

    /// Copies the next populated frames while the guest runs.
    ///
    /// - Parameters:
    ///   - first: Where to begin.
    ///   - list: Where the frame numbers go.
    /// - Returns: How many there were; their copies are the first of ``pages(_:)``.
    mutating func copyLive(from first: UInt64, _ list: UnsafeMutableBufferPointer<UInt64>) -> Int {
        let count = memory.populatedFrames(from: first, into: list)
        copy(UnsafeBufferPointer(rebasing: list[..<count]))
        return count
    }

    /// The first pages that were copied.
    func pages(_ count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: staging.bytes[..<(count * GuestMemory.pageSize)])
    }

    /// Suspends the guest, copies what it wrote since the last round, and lets it run on.
    ///
    /// - Throws: ``MeterError``; the guest runs on.
    mutating func round() throws(MeterError) -> Round {
        var round = Round()
        do throws(ToolstackError) {
            var last = Clock.monotonic
            func mark(_ now: UInt64 = Clock.monotonic) -> UInt64 {
                defer { last = max(last, now) }
                return (max(last, now) - last) / 1_000
            }
            try channel.suspend(timeout: Self.suspendTimeout)
            round.suspend = mark()
            do throws(ToolstackError) {
                _ = try log.collect(final: true)
                round.clean = mark()
                copied = try memory.keepPopulated(log.dirtyFrames)
                round.pages = copied
                round.filter = mark()
                copy(frames)
                round.copy = mark()
                try state.capture()
                round.context = mark()
                round.resume = mark(try channel.resume())
            } catch {
                // The guest comes first (safety rule 5).
                _ = try? channel.resume()
                try? channel.finishResume()
                throw error
            }
            try channel.finishResume()
        } catch { throw .toolstack(error) }
        return round
    }

    /// Takes everything away again.
    consuming func close() throws(MeterError) {
        do throws(ToolstackError) {
            try channel.close()
            try log.disable()
        } catch { throw .toolstack(error) }
    }

    private func copy(_ list: UnsafeBufferPointer<UInt64>) {
        guard let destination = staging.bytes.baseAddress else { return }
        alone.begin()
        memory.assignCopy(of: list, to: destination, alone)
        alone.copyAll()
    }
}
