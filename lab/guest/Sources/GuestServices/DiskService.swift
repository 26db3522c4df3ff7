package import GuestSupport

/// Writes the guest's disks at a set rate, and checks them when a client asks.
package struct DiskService {
    /// The port that the guest image uses.
    package static let defaultPort: UInt16 = 7002
    private static let mebibyte = 1 << 20
    private static let allowedMebibytes = 1...1024

    private let server: LineServer
    private var load: DiskLoad?
    private var rate = 0

    /// Listens on `port`, or on any free port for 0.
    ///
    /// - Parameter port: The TCP port.
    /// - Throws: ``SystemError`` when the port cannot be had.
    package init(port: UInt16) throws(SystemError) {
        server = try LineServer(port: port)
    }

    /// The port that the service listens on.
    package var port: UInt16 { server.port }

    /// Serves clients until the process ends.
    package mutating func run() throws(SystemError) -> Never {
        while true { try step() }
    }

    /// Waits for the next events, and serves them.
    package mutating func step() throws(SystemError) {
        for event in try server.wait(until: nil) {
            if case .line(let id, let line) = event { server.send("\(answer(line))\n", to: id) }
        }
    }

    private mutating func answer(_ line: String) -> String {
        let words = line.split(separator: " ").map(String.init)
        if words.first == "FILL" && words.count == 5 { return fill(words) }
        guard let load else { return "ERROR wanted first: FILL <folder> <disk> <offset MiB> <lane MiB>" }
        switch (words.first, words.count) {
        case ("CHECK", 1): return load.check().line
        case ("STAT", 1):
            return "STAT lanes=\(load.names.joined(separator: ",")) blocks=\(load.blocksOfALane)"
                + " writes=\(load.writes) rate=\(rate)"
        case ("RATE", 2):
            guard let newRate = Int(words[1]), DiskLoad.allowedRates.contains(newRate) else {
                return "ERROR a rate is from 0 to \(DiskLoad.allowedRates.upperBound) writes per second: \(words[1])"
            }
            rate = newRate
            load.setRate(rate)
            return "OK rate=\(rate)"
        case ("CLOSE", 1): return Self.outcome("closed", load.close())
        case ("REOPEN", 1): return Self.outcome("open", load.reopen())
        case ("CORRUPT", 3):
            guard let block = Int(words[2]) else { return "ERROR a block is a number: \(words[2])" }
            return Self.outcome("corrupt=\(words[1]):\(block)", load.corrupt(lane: words[1], block: block))
        default:
            return "ERROR wanted: CHECK, STAT, RATE <writes per second>, CLOSE, REOPEN, CORRUPT <lane> <block>, or"
                + " FILL <folder> <disk> <offset MiB> <lane MiB>"
        }
    }

    private mutating func fill(_ words: [String]) -> String {
        guard let offset = Int(words[3]), let size = Int(words[4]), (0...1 << 20).contains(offset),
            Self.allowedMebibytes.contains(size)
        else { return "ERROR offset and size are whole MiB, the size from 1 to 1024: \(words[3]) \(words[4])" }
        load?.end()
        if let failure = load?.close() { return "ERROR \(failure)" }
        load = nil
        rate = 0
        do {
            let load = try DiskLoad(
                folder: words[1], disk: words[2], offset: offset * Self.mebibyte, bytes: size * Self.mebibyte)
            self.load = load
            return "OK lanes=\(load.names.count) blocks=\(load.blocksOfALane)"
        } catch { return "ERROR \(error)" }
    }

    private static func outcome(_ done: String, _ failure: String?) -> String {
        failure.map { "ERROR \($0)" } ?? "OK \(done)"
    }
}
