/// A story that the lab plays: it brings things about, and checks what comes of them.
public struct Scenario: Sendable {
    /// The name on the command line.
    public let name: String
    /// What it shows, in one sentence.
    public let summary: String
    /// Plays it.
    ///
    /// An error is a failure.
    public let play: @Sendable (ScenarioContext) throws -> Void

    /// Makes a scenario.
    ///
    /// - Parameters:
    ///   - name: The name on the command line.
    ///   - summary: What it shows, in one sentence.
    ///   - play: Plays it. An error is a failure.
    public init(name: String, summary: String, play: @escaping @Sendable (ScenarioContext) throws -> Void) {
        self.name = name
        self.summary = summary
        self.play = play
    }

    /// All scenarios that `lab/run` knows.
    public static let all: [Scenario] = [
        .boot
    ]
}
