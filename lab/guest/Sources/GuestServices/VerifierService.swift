package import GuestSupport

/// Rewrites random pages of a ``VerifiedRegion`` at a set rate, and checks the region when a client asks.
package struct VerifierService {
    /// The port that the guest image uses.
    package static let defaultPort: UInt16 = 7001
    /// Pages per second that are rewritten unless a client sets another rate.
    package static let defaultRate = 2000
    /// The pages per second that a client may set.
    package static let allowedRates = 0...1_000_000
    private static let period: UInt64 = 20_000_000
    private static let periodsPerSecond = 50

    private let server: LineServer
    private let region: VerifiedRegion
    private var rate: Int
    private var pace: Pace
    /// Fiftieths of pages that are owed from earlier periods, so that a rate below 50 is kept too.
    private var owed = 0

    /// Listens on `port`, or on any free port for 0.
    ///
    /// - Parameters:
    ///   - port: The TCP port.
    ///   - region: The memory to work on.
    ///   - rate: Pages per second, in ``allowedRates``.
    /// - Throws: ``SystemError`` when the port cannot be had.
    package init(port: UInt16, region: VerifiedRegion, rate: Int) throws(SystemError) {
        server = try LineServer(port: port)
        self.region = region
        self.rate = rate
        pace = Pace(period: Self.period, now: Clock.monotonic())
    }

    /// The port that the service listens on.
    package var port: UInt16 { server.port }

    /// Rewrites pages and serves clients until the process ends.
    package mutating func run() throws(SystemError) -> Never {
        while true { try step() }
    }

    /// Waits for the next event or due rewrite, and serves it.
    package mutating func step() throws(SystemError) {
        for event in try server.wait(until: rate == 0 ? nil : pace.due) {
            if case .line(let id, let line) = event { server.send("\(answer(line))\n", to: id) }
        }
        if rate > 0 && pace.takeTurn(at: Clock.monotonic()) {
            owed += rate
            region.rewritePages(owed / Self.periodsPerSecond)
            owed %= Self.periodsPerSecond
        }
    }

    /// Carries out one command.
    ///
    /// The writer and the commands share a thread, so a check sees a region at rest.
    private mutating func answer(_ line: String) -> String {
        let words = line.split(separator: " ")
        switch (words.first, words.count) {
        case ("CHECK", 1):
            return Self.describe(region.check())
        case ("STAT", 1):
            return "STAT pages=\(region.pageCount) writes=\(region.writes) rate=\(rate)"
        case ("RATE", 2):
            guard let newRate = Int(words[1]), Self.allowedRates.contains(newRate) else {
                return "ERROR a rate is from 0 to \(Self.allowedRates.upperBound) pages per second: \(words[1])"
            }
            rate = newRate
            return "OK rate=\(rate)"
        case ("CORRUPT", 2):
            guard let page = Int(words[1]), (0..<region.pageCount).contains(page) else {
                return "ERROR a page is from 0 to \(region.pageCount - 1): \(words[1])"
            }
            return "OK corrupt=\(region.corrupt(page: page))"
        case ("REPAIR", 1):
            region.repair()
            return "OK repaired=\(region.pageCount)"
        default:
            return "ERROR wanted: CHECK, STAT, RATE <pages per second>, CORRUPT <page> or REPAIR"
        }
    }

    private static func describe(_ report: VerifiedRegion.Report) -> String {
        guard !report.isRight else { return "OK pages=\(report.pages) writes=\(report.writes) wrong=0" }
        let first = report.damage.first.map(\.description) ?? "none"
        return "WRONG pages=\(report.pages) wrong=\(report.damage.bytes) first=\(first)"
            + " writes=\(report.writes) table=\(report.tableSum)"
    }
}
