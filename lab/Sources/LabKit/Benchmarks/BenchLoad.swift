/// What the guest does while it is measured.
enum BenchLoad: String, CaseIterable, Sendable {
    /// Nothing but to answer the client.
    case idle
    /// Random pages are written, so many a second.
    case pages
    /// Small C files are compiled, one after the other.
    case compile
    /// Redis sets and counts for a client.
    case redis
    /// SQLite commits transactions for a client.
    case database

    /// All words for the command line.
    static let allNames = allCases.map(\.rawValue)

    private static let compilePort = 7004
    private static let databasePort = 7003
    private static let redisPort = 6379

    /// What the guest is to be.
    var plan: GuestSpecification {
        var plan = Stage.specification(on: .xen1)
        guard [.compile, .redis, .database].contains(self) else { return plan }
        // The image with the loads is larger, and a compiler needs room.
        plan.hasLoads = true
        plan.memory = 384
        plan.region = 4
        return plan
    }

    /// What the client asks, and how: in milliseconds from one request to the next, 0 for no pause, and how many at a
    /// time.
    var client: (load: String, period: Int, outstanding: Int) {
        switch self {
        case .idle, .pages, .compile: ("echo", 50, 1000)
        case .redis: ("redis", 0, 16)
        case .database: ("database", 0, 4)
        }
    }

    /// What is counted as the guest's work; `nil` where there is none.
    var workUnit: String? {
        switch self {
        case .idle: nil
        case .pages: "pages"
        case .compile: "files"
        case .redis: "requests"
        case .database: "transactions"
        }
    }

    /// Starts the load in a guest that has just booted.
    ///
    /// - Parameters:
    ///   - stage: Where the guest is.
    ///   - rate: Pages a second, of the load that writes pages.
    /// - Throws: ``LabError``.
    func start(_ stage: Stage, rate: Int) throws(LabError) {
        try stage.setWriteRate(self == .pages ? rate : 0)
        switch self {
        case .idle, .pages: break
        case .compile:
            try run("setsid load compile </dev/null >/dev/null 2>&1 &", in: stage)
            try Self.wait(for: Self.compilePort, of: stage)
        case .redis:
            try run("load redis", in: stage)
            try Self.wait(for: Self.redisPort, of: stage)
        case .database:
            try stage.context.wait(until: "the database is open") { () throws(LabError) -> Bool? in
                let words = ["OPEN", "/tmp/database", "--port", "\(Self.databasePort)"]
                return try stage.lab.verifier(stage.guest, words, seconds: 30).status == 0 ? true : nil
            }
        }
        stage.context.step("the guest's load is \(rawValue)")
    }

    /// Ends a load that a client does not drive.
    func stop(_ stage: Stage) throws(LabError) {
        switch self {
        case .pages: try stage.setWriteRate(0)
        case .compile: try run("killall load cc1; true", in: stage)
        case .idle, .redis, .database: break
        }
    }

    /// How much work the guest has done since it booted; `nil` where its client knows it.
    func count(_ stage: Stage) throws(LabError) -> Double? {
        switch self {
        case .idle, .redis, .database: nil
        case .pages: try Self.count("writes", ["STAT"], stage)
        case .compile: try Self.count("done", ["STAT", "--port", "\(Self.compilePort)"], stage)
        }
    }

    private static func count(_ name: String, _ words: [String], _ stage: Stage) throws(LabError) -> Double {
        let answer = try stage.lab.verifier(stage.guest, words, seconds: 30)
        guard answer.status == 0,
            let count = answer.output.split(whereSeparator: \.isWhitespace).value(name)
        else {
            throw LabError(.commandFailed, attempt: "ask for the guest's work", outcome: answer.output + answer.errors)
        }
        return Double(count)
    }

    private static func wait(for port: Int, of stage: Stage) throws(LabError) {
        try stage.context.wait(until: "port \(port) of the guest answers") { () throws(LabError) -> Bool? in
            stage.lab.portAnswers(stage.guest.address, port: port) ? true : nil
        }
    }

    private func run(_ script: String, in stage: Stage) throws(LabError) {
        // A guest that has just booted answers on its other ports first.
        try stage.context.wait(until: "the guest takes the command `\(script)`") { () throws(LabError) -> Bool? in
            try stage.lab.guestShell(stage.guest, script).status == 0 ? true : nil
        }
    }
}
