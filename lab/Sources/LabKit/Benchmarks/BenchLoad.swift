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
    /// PostgreSQL commits transactions for clients.
    case postgres

    /// All words for the command line.
    static let allNames = allCases.map(\.rawValue)

    private static let compilePort = 7004
    private static let redisPort = 6379

    /// What the guest is to be.
    var plan: GuestSpecification {
        var plan = Stage.specification(on: .xen1)
        guard [.compile, .redis, .postgres].contains(self) else { return plan }
        // The image with the loads is larger, and a compiler needs room.
        plan.hasLoads = true
        plan.memory = 384
        plan.region = 4
        return plan
    }

    /// Who asks the guest for work, or for nothing but an answer.
    var client: BenchClient {
        switch self {
        case .idle, .pages, .compile: .lines("echo", period: 50, outstanding: 1000)
        case .redis: .lines("redis", period: 0, outstanding: 16)
        case .postgres: .transactions(connections: 16)
        }
    }

    /// What is counted as the guest's work; `nil` where there is none.
    var workUnit: String? {
        switch self {
        case .idle: nil
        case .pages: "pages"
        case .compile: "files"
        case .redis: "requests"
        case .postgres: "transactions"
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
        case .postgres:
            try run("load postgres", in: stage)
            try Pgbench.fill(stage)
        }
        stage.context.step("the guest's load is \(rawValue)")
    }

    /// Ends a load that a client does not drive.
    func stop(_ stage: Stage) throws(LabError) {
        switch self {
        case .pages: try stage.setWriteRate(0)
        case .compile: try run("killall load cc1; true", in: stage)
        case .idle, .redis, .postgres: break
        }
    }

    /// How much work the guest has done since it booted; `nil` where its client knows it.
    func count(_ stage: Stage) throws(LabError) -> Double? {
        switch self {
        case .idle, .redis, .postgres: nil
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
