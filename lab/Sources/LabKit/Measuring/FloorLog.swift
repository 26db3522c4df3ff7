/// What `replica-meter floor` measured.
struct FloorLog: Equatable, Sendable {
    /// One round, times in milliseconds.
    struct Round: Equatable, Sendable {
        let pages: Double
        let suspend: Double
        let clean: Double
        let copy: Double
        let context: Double
        let resume: Double
        let pause: Double
    }

    /// All rounds but the first, whose dirty log was not at work for a whole interval.
    let rounds: [Round]

    /// Reads the meter's output.
    ///
    /// - Parameter output: All of its lines; `nil` comes of one without two rounds.
    init?(_ output: String) {
        let rounds = output.split(separator: "\n").compactMap { line -> Round? in
            let words = line.split(separator: " ")
            guard words.first == "round" else { return nil }
            let names = ["suspend", "clean", "copy", "context", "resume", "pause"]
            let times = names.compactMap { words.value("\($0)_us") }.map { Double($0) / 1000 }
            guard let pages = words.value("pages"), times.count == names.count else { return nil }
            return Round(
                pages: Double(pages), suspend: times[0], clean: times[1], copy: times[2], context: times[3],
                resume: times[4], pause: times[5])
        }
        guard rounds.count >= 2 else { return nil }
        self.rounds = Array(rounds.dropFirst())
    }

    /// One value over all rounds.
    func summary(_ value: KeyPath<Round, Double>) -> FigureSummary? { FigureSummary(rounds.map { $0[keyPath: value] }) }
}
