/// A story that the lab plays: it brings things about, and checks what comes of them.
public struct Scenario: Sendable {
    /// The name on the command line.
    public let name: String
    /// What it shows, in one sentence.
    public let summary: String
    /// The options that it takes, each a name without dashes, and the value that stands when it is not given.
    public let options: [String: Int]
    /// The options that take one of a few words, with the words; such an option may be left out.
    public let choices: [String: [String]]
    /// Plays it.
    ///
    /// An error is a failure.
    public let play: @Sendable (ScenarioContext) throws -> Void

    /// Makes a scenario.
    ///
    /// - Parameters:
    ///   - name: The name on the command line.
    ///   - summary: What it shows, in one sentence.
    ///   - options: The options that it takes, with their defaults; all are whole numbers above zero.
    ///   - choices: The options that take one of a few words, with the words.
    ///   - play: Plays it. An error is a failure.
    public init(
        name: String, summary: String, options: [String: Int] = [:], choices: [String: [String]] = [:],
        play: @escaping @Sendable (ScenarioContext) throws -> Void
    ) {
        self.name = name
        self.summary = summary
        self.options = options
        self.choices = choices
        self.play = play
    }

    /// All scenarios that `lab/run` knows.
    public static let all: [Scenario] = stories + benchmarks

    /// Those that show what the product does.
    private static let stories: [Scenario] = [
        .boot, .demo, .powerCut, .outputCommit, .outputCommitBroken, .backupCut, .cablePull, .cablePullLan,
        .cablePullReplication, .cablePullBoth, .controllerKill, .unprotect, .longRun, .refusals, .verifyStream,
        .switchover, .guestLife, .deviceChange, .fencing, .watchdog, .ownership, .campaign, .diskAgreement,
        .diskAgreementBroken, .diskReturn, .diskCrash, .diskTrouble, .diskWrap, .diskFigures, .rhythm,
        .backPressure,
    ]
}
