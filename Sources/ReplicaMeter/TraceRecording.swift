internal import PageTrace
internal import SystemKit
internal import XenToolstack

/// Records a page trace of a guest: the whole memory first, then what it wrote from checkpoint to checkpoint.
struct TraceRecording: ~Copyable {
    /// Pages of a piece of the image.
    private static let imagePiece = 4096

    private var floor: CaptureFloor
    private var writer: PageTraceWriter
    private let list = FrameList(capacity: Self.imagePiece)
    private let start = Clock.monotonic

    /// Begins a recording.
    ///
    /// - Parameters:
    ///   - floor: The guest.
    ///   - path: The file; it is replaced.
    ///   - limit: The most bytes that it may have.
    /// - Throws: ``MeterError``.
    init(_ floor: consuming CaptureFloor, path: String, limit: Int) throws(MeterError) {
        let frames = floor.guestFrames
        let writer: PageTraceWriter
        do throws(PageTraceError) { writer = try PageTraceWriter(path: path, limit: limit, frames: frames) } catch {
            throw .trace(error)
        }
        self.writer = writer
        self.floor = floor
    }

    /// Records.
    ///
    /// - Parameters:
    ///   - checkpoints: The most checkpoints to take.
    ///   - interval: Nanoseconds from one to the next.
    ///   - report: Takes one line for each step.
    /// - Throws: ``MeterError``; what was written before is a whole trace.
    mutating func run(
        checkpoints: UInt64, interval: UInt64, report: (String) -> Void
    ) throws(MeterError) {
        let pages = try recordImage()
        report("image pages=\(pages) bytes=\(writer.count)")
        var next = Clock.monotonic
        for number in 1...checkpoints {
            next = max(next + interval, Clock.monotonic)
            Clock.sleep(until: next)
            let moment = Clock.monotonic - start
            let round = try floor.round()
            guard try add(.checkpoint, number, moment, floor.frames, floor.pages) else {
                report("the trace has reached its bound after \(number - 1) checkpoints")
                break
            }
            report(round.text)
        }
        report("trace bytes=\(writer.count)")
    }

    /// Takes the dirty log away again.
    consuming func close() throws(MeterError) { try floor.close() }

    private mutating func recordImage() throws(MeterError) -> Int {
        var (first, pages): (UInt64, Int) = (0, 0)
        while true {
            let count = floor.copyLive(from: first, list.frames)
            guard count > 0 else { return pages }
            let frames = UnsafeBufferPointer(rebasing: list.frames[..<count])
            guard try add(.image, 0, Clock.monotonic - start, frames, floor.pages(count)) else {
                throw .usage("the guest's memory alone is more than --limit-mib")
            }
            first = list.frames[count - 1] + 1
            pages += count
        }
    }

    private mutating func add(
        _ kind: PageTraceKind, _ number: UInt64, _ moment: UInt64, _ frames: UnsafeBufferPointer<UInt64>,
        _ pages: UnsafeRawBufferPointer
    ) throws(MeterError) -> Bool {
        do throws(PageTraceError) {
            return try writer.add(kind, number: number, nanoseconds: moment, frames: frames, pages: pages)
        } catch { throw .trace(error) }
    }
}

/// The frame numbers of one piece of the image.
private struct FrameList: ~Copyable {
    let frames: UnsafeMutableBufferPointer<UInt64>

    init(capacity: Int) { frames = .allocate(capacity: capacity) }

    deinit { frames.deallocate() }
}
