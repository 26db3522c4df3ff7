import Testing

@testable import LabKit

@Suite struct CommandTests {
    @Test func givesInputAndKeepsOutputApart() throws {
        let result = try Command(["sh", "-c", "cat; echo trouble >&2; exit 3"], input: .text("words")).attempt()
        #expect(result.status == 3)
        #expect(result.output == "words")
        #expect(result.errors == "trouble\n")
    }

    @Test func failureNamesTheCommandAndItsWords() {
        let error = #expect(throws: LabError.self) { try Command(["sh", "-c", "echo trouble >&2; exit 3"]).run() }
        #expect(error?.cause == .commandFailed)
        #expect(error?.outcome == "status 3, trouble")
    }

    @Test func missingProgramSaysWhatToInstall() {
        let error = #expect(throws: LabError.self) { try Command(["no-such-program"]).run() }
        #expect(error?.cause == .missingRequirement)
        #expect(error?.remedy.contains("lab/packages.txt") == true)
    }

    @Test func timeoutEndsTheProgram() {
        let error = #expect(throws: LabError.self) {
            try Command(["sleep", "60"], timeout: .milliseconds(200)).attempt()
        }
        #expect(error?.cause == .timedOut)
    }

    @Test func aDaemonThatKeepsTheOutputOpenHoldsNobodyUp() throws {
        let start = ContinuousClock.now
        let result = try Command(["sh", "-c", "sleep 5 & echo done"]).run()
        #expect(result.output == "done\n")
        #expect(ContinuousClock.now - start < .seconds(4))
    }

    @Test(arguments: ["plain", "two words", "it's", "$(x) `y` \"z\""])
    func quotedWordReachesTheShellUnchanged(word: String) throws {
        #expect(try Command(["sh", "-c", "printf %s \(Lab.quoted(word))"]).run().output == word)
    }
}
