internal import ClientChecks
internal import Testing

@Suite struct CounterCheckerTests {
    private func checker(after lines: [String]) -> CounterChecker {
        var checker = CounterChecker()
        for line in lines { checker.receive(line, at: 0) }
        return checker
    }

    @Test func acceptsNumbersInOrder() {
        let checker = checker(after: ["41 100", "42 110", "43 110"])
        #expect(checker.isRight(shared: false))
        #expect(checker.lines == 3)
        #expect(checker.firstValue == 41)
        #expect(checker.lastValue == 43)
    }

    @Test func isNotRightWithoutALine() {
        #expect(!CounterChecker().isRight(shared: false))
    }

    @Test func countsGapsAndWhatTheyLeftOut() {
        let checker = checker(after: ["1 0", "5 0", "6 0", "8 0"])
        #expect(checker.gaps == 2)
        #expect(checker.missingValues == 4)
        #expect(!checker.isRight(shared: false))
        #expect(checker.isRight(shared: true))
    }

    @Test(arguments: [["9 0", "9 0"], ["9 0", "8 0"]])
    func countsRepeatsAndStepsBack(lines: [String]) {
        let checker = checker(after: lines)
        #expect(checker.backwardSteps == 1)
        #expect(!checker.isRight(shared: true))
    }

    @Test func countsAGuestClockThatWentBack() {
        let checker = checker(after: ["1 200", "2 100"])
        #expect(checker.guestClockBackwardSteps == 1)
        #expect(!checker.isRight(shared: false))
    }

    @Test(arguments: ["", "7", "7 8 9", "x 1", "1 -1", "ECHO x text", "ERROR something"])
    func countsMalformedLines(line: String) {
        let checker = checker(after: ["1 0", line])
        #expect(checker.malformed == 1)
        #expect(checker.firstMalformed == line)
        #expect(!checker.isRight(shared: true))
    }

    @Test func matchesEchoesInOrder() {
        var checker = CounterChecker()
        checker.echoSent("first one", at: 100)
        checker.echoSent("second", at: 200)
        checker.receive("ECHO 1 first one", at: 150)
        #expect(checker.echoesPending == 1)
        checker.receive("ECHO 2 second", at: 260)
        #expect(checker.echoesAnswered == 2)
        #expect(checker.longestEcho == 60)
        #expect(checker.isRight(shared: false))
    }

    @Test func countsWrongAndUnaskedEchoes() {
        var checker = CounterChecker()
        checker.receive("ECHO 1 unasked", at: 0)
        checker.echoSent("asked", at: 0)
        checker.receive("ECHO 2 asket", at: 0)
        #expect(checker.echoesWrong == 2)
        #expect(checker.echoesPending == 1)
        #expect(!checker.isRight(shared: false))
    }
}
