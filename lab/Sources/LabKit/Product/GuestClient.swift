import Foundation

/// A program that uses the guest's service over one connection, beside whatever a scenario does.
final class GuestClient: Sendable {
    /// What it uses.
    enum Kind: String, Sendable {
        /// The stream of numbers.
        case counter
        /// An ssh session with questions and answers.
        case session
        /// Numbered transactions of the database.
        case database

        /// What a client's progress line calls the count of what has come.
        var progressKey: String {
            switch self {
            case .counter: "lines="
            case .session: "answered="
            case .database: "acknowledged="
            }
        }
    }

    let kind: Kind
    private let process: BackgroundProcess
    private let file: String

    /// Starts a client, and waits until it is connected and gets answers.
    ///
    /// - Parameters:
    ///   - kind: What it uses.
    ///   - guest: The guest.
    ///   - lab: The lab.
    ///   - patience: How long a database client waits at its end for the answers to what it has asked, in seconds; a guest
    ///     that is dead gives none.
    /// - Throws: ``LabError`` with cause `timedOut`.
    init(_ kind: Kind, of guest: Guest, in lab: Lab, patience: Int = 60) throws(LabError) {
        self.kind = kind
        file = "\(lab.layout.run)/client-\(kind.rawValue).json"
        try Files.remove(file)
        var words = [
            "\(lab.layout.guestImage)/bin/client-\(kind.rawValue)", guest.address, "--seconds", "86400", "--json", file,
            "--progress",
        ]
        switch kind {
        case .counter: break
        case .session: words += ["--key", lab.layout.sshKey]
        case .database: words += ["--patience", "\(patience)"]
        }
        process = try lab.startClient(words, name: kind.rawValue)
        do { try waitForProgress(1) } catch {
            process.stop()
            throw error
        }
        lab.progress.step("client: \(kind.rawValue) connected to \(guest.address)")
    }

    /// How many lines have come so far.
    func progress() throws(LabError) -> UInt64 {
        Self.progress(in: try process.output(), kind)
    }

    /// Reads the newest progress of a client's output.
    static func progress(in output: String, _ kind: Kind) -> UInt64 {
        let key = kind.progressKey
        guard let line = output.split(separator: "\n").last(where: { $0.hasPrefix("progress ") }),
            let word = line.split(separator: " ").first(where: { $0.hasPrefix(key) })
        else { return 0 }
        return UInt64(word.dropFirst(key.count)) ?? 0
    }

    /// Waits until so many more lines have come.
    ///
    /// - Throws: ``LabError`` with cause `timedOut`, or `checkFailed` if the connection ended.
    func waitForProgress(_ lines: UInt64, limit: Duration = .seconds(180)) throws(LabError) {
        let start = try progress()
        let attempt = "get \(lines) more lines on the \(kind.rawValue)'s connection"
        let came = try Retry.until(limit: limit, pause: .milliseconds(200)) { () throws(LabError) -> Bool? in
            guard process.isRunning else {
                throw LabError(.checkFailed, attempt: attempt, outcome: "the client ended: \(try process.output())")
            }
            return try progress() >= start + lines ? true : nil
        }
        guard came != nil else { throw LabError(.timedOut, attempt: attempt, outcome: "none for \(limit)") }
    }

    /// Ends the client and reads its result.
    func finish() throws(LabError) -> ClientReport {
        process.stop()
        let text = try Files.read(file)
        do { return try JSONDecoder().decode(ClientReport.self, from: Data(text.utf8)) } catch {
            throw LabError(.commandFailed, attempt: "read \(file)", outcome: "\(error)")
        }
    }

    /// Ends the client, if it runs.
    func stop() { process.stop() }
}
