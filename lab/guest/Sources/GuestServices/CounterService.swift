package import GuestSupport

/// Serves a counter that lives in memory only, as numbered lines, to any number of long-lived connections.
///
/// Every line that any client gets carries a number of its own. In one life of the memory no number comes twice or goes
/// back; a guest that was rolled back past acknowledged output, or started anew, cannot hide it.
package struct CounterService {
    /// The port that the guest image uses.
    package static let defaultPort: UInt16 = 7000
    private static let defaultPeriod: UInt64 = 10_000_000
    private static let allowedMilliseconds: ClosedRange<UInt64> = 1...60_000

    private let server: LineServer
    private var counter: UInt64 = 0
    private var paces: [LineServer.ConnectionID: Pace] = [:]

    /// Listens on `port`, or on any free port for 0.
    package init(port: UInt16) throws(SystemError) {
        server = try LineServer(port: port)
    }

    /// The port that the service listens on.
    package var port: UInt16 { server.port }

    /// Serves clients until the process ends.
    package mutating func run() throws(SystemError) -> Never {
        while true { try step() }
    }

    /// Waits for the next event or due line, and serves it.
    package mutating func step() throws(SystemError) {
        // A blocked client is left out: its next line is due when it reads again, which the server wakes up for.
        let deadline = paces.filter { !server.isBlocked($0.key) }.map(\.value.due).min()
        for event in try server.wait(until: deadline) {
            switch event {
            case .opened(let id): paces[id] = Pace(period: Self.defaultPeriod, now: Clock.monotonic())
            case .closed(let id): paces[id] = nil
            case .line(let id, let line): answer(line, from: id)
            }
        }
        let now = Clock.monotonic()
        for id in paces.keys.sorted() where !server.isBlocked(id) && paces[id]?.takeTurn(at: now) == true {
            server.send("\(nextValue()) \(now)\n", to: id)
        }
    }

    private mutating func answer(_ line: String, from id: LineServer.ConnectionID) {
        if line.hasPrefix("ECHO ") {
            server.send("ECHO \(nextValue()) \(line.dropFirst(5))\n", to: id)
        } else if line.hasPrefix("RATE "), let milliseconds = UInt64(line.dropFirst(5)),
            Self.allowedMilliseconds.contains(milliseconds)
        {
            paces[id] = Pace(period: milliseconds * 1_000_000, now: Clock.monotonic())
        } else {
            server.send("ERROR wanted: ECHO <text>, or RATE <milliseconds from 1 to 60000>\n", to: id)
        }
    }

    private mutating func nextValue() -> UInt64 {
        counter += 1
        return counter
    }
}
