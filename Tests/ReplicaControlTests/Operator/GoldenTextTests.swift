import ReplicaModel
import TestSupport
import Testing

@testable import ReplicaControl

/// Texts that operators read, kept as files; `UPDATE_GOLDEN=1 swift test` writes them anew.
@Suite struct GoldenTextTests {
    private static let directory = "Tests/Golden/operator"

    @Test func helpOfAllCommands() throws {
        let parts = CommandTable.all.map { "==== help \($0.name)\n" + HelpText.text(of: $0) }
        let text = HelpText.overview + parts.joined() + "==== help exit-status\n" + HelpText.exitStatuses
        try Repository.expect(text, equals: "\(Self.directory)/help.txt")
    }

    @Test func noHelpLineIsWiderThanATerminal() {
        let text = HelpText.overview + CommandTable.all.map(HelpText.text).joined() + HelpText.exitStatuses
        for line in text.split(separator: "\n") where !line.hasPrefix("usage:") {
            #expect(line.count <= HelpText.lineWidth, "\(line)")
        }
    }

    @Test func statusOfEverything() throws {
        try Repository.expect(StatusText.render(StatusExamples.everything), equals: "\(Self.directory)/status.txt")
    }

    @Test func statusOfAnIdleHost() throws {
        try Repository.expect(StatusText.render(StatusExamples.idle), equals: "\(Self.directory)/status-idle.txt")
    }

    @Test func theDocumentedStatusIsThatOfTheCode() throws {
        let json = "```json\n" + (try JSONLine.encodeForReaders(StatusExamples.everything)) + "```\n"
        try Repository.expect(json, equalsSection: "status", of: "docs/status.md")
        let decoded = try JSONLine.decode(
            ControllerStatus.self, from: JSONLine.encode(StatusExamples.everything))
        #expect(decoded == StatusExamples.everything)
    }

    @Test func theDocumentedReasonsAreThoseOfTheCode() throws {
        var table = "| reason | meaning | exit status |\n| --- | --- | --- |\n"
        for reason in ReasonCode.allCases.sorted(by: { $0.rawValue < $1.rawValue }) {
            let meaning = reason.meaning.split(separator: "|").joined(separator: "\\|")
            table += "| `\(reason.rawValue)` | \(meaning) | \(reason.exitStatus.rawValue) |\n"
        }
        try Repository.expect(table, equalsSection: "reasons", of: "docs/reasons.md")
    }

    @Test func theDocumentedExitStatusesAreThoseOfTheCode() throws {
        var table = "| status | meaning |\n| --- | --- |\n"
        for status in ExitStatus.allCases { table += "| \(status.rawValue) | \(status.meaning) |\n" }
        try Repository.expect(table, equalsSection: "statuses", of: "docs/exit-status.md")
    }

    @Test func theManualPageIsThatOfTheCode() throws {
        try Repository.expect(ManualPage.text, equals: "docs/man/replicactl.8")
    }
}
