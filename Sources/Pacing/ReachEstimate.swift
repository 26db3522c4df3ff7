/// Estimates how long it takes from an epoch's begin until its output is released, from the epochs before.
///
/// It is an estimate for the slow ones: it follows a slower epoch at once and faster ones by and by.
struct ReachEstimate: Equatable, Sendable {
    /// The estimate for an epoch that holds output, in nanoseconds.
    private var ordinary: UInt64?
    /// How long an epoch takes whatever the pages, in nanoseconds: small checkpoints show it.
    private(set) var base: UInt64 = 0
    /// What each page adds to a large checkpoint, in nanoseconds.
    private var eachPage: UInt64 = 0

    /// From here on the pages of a checkpoint, and not what every epoch costs, decide how long it takes.
    static let largeCheckpoint: UInt64 = 256

    /// Takes an epoch into account.
    ///
    /// - Parameters:
    ///   - time: From when it was to begin until its release, in nanoseconds.
    ///   - pages: Pages of its checkpoint.
    ///   - heldOutput: Whether it held output: how long the others take keeps nobody waiting.
    mutating func add(time: UInt64, pages: UInt64, heldOutput: Bool) {
        if pages < Self.largeCheckpoint { base = base == 0 || time < base ? time : base + (time - base) / 8 }
        let sample = (time - min(time, base)) / max(pages, 1)
        if pages >= Self.largeCheckpoint, eachPage == 0 {
            eachPage = sample
        } else if pages >= Self.largeCheckpoint || sample < eachPage {
            // Small checkpoints cannot show that a page takes long, but that it does not.
            eachPage = (eachPage * 3 + sample) / 4
        }
        guard let old = ordinary else { return ordinary = time }
        guard heldOutput else { return }
        ordinary = time > old ? time : old - (old - time) / 32
    }

    /// How long an epoch with so many pages takes, with something to spare, in nanoseconds.
    func time(pages: UInt64) -> UInt64 {
        let ordinary = self.ordinary ?? 0
        let (large, overflow) = base.addingReportingOverflow(time(writing: pages))
        return max(ordinary + ordinary / 8, overflow ? .max : large)
    }

    /// How long a checkpoint of so many pages takes because of them, in nanoseconds.
    func time(writing pages: UInt64) -> UInt64 {
        let (product, overflow) = eachPage.multipliedReportingOverflow(by: pages)
        return overflow ? .max : product
    }
}
