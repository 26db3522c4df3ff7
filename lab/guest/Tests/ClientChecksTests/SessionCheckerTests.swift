internal import ClientChecks
internal import Testing

@Suite struct SessionCheckerTests {
    @Test func acceptsNumberedEchoesInOrder() {
        var checker = SessionChecker()
        let lines = [checker.nextLine(at: 100), checker.nextLine(at: 200)]
        #expect(lines == ["line-1", "line-2"])
        checker.receive("1 line-1", at: 150)
        checker.receive("2 line-2", at: 290)
        #expect(checker.answered == 2)
        #expect(checker.wrong == 0)
        #expect(checker.pending == 0)
        #expect(checker.longestAnswer == 90)
    }

    @Test(arguments: ["2 line-1", "1 line-2", "1 line-11", ""])
    func countsWrongAnswers(answer: String) {
        var checker = SessionChecker()
        _ = checker.nextLine(at: 0)
        checker.receive(answer, at: 0)
        #expect(checker.wrong == 1)
        #expect(checker.firstWrong == answer)
        #expect(checker.pending == 1)
    }
}
