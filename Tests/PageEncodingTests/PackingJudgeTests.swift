import Testing

@testable import PageEncoding

@Suite struct PackingJudgeTests {
    @Test func stopsTryingWhatSavesNothingButLooksAgain() {
        var judge = PackingJudge(least: 128)
        let first = Self.attempts(&judge, of: 1000, after: 4096)
        #expect(first < 200)
        let later = Self.attempts(&judge, of: 800, after: 4096)
        #expect(later == 100, "every eighth")
    }

    @Test func triesEverythingAgainOnceItPays() {
        var judge = PackingJudge(least: 128)
        _ = Self.attempts(&judge, of: 1000, after: 5000)
        _ = Self.attempts(&judge, of: 8, after: 1000)
        let attempts = Self.attempts(&judge, of: 100, after: 1000)
        #expect(attempts == 100)
    }

    @Test func keepsTryingWhatSavesEnough() {
        var judge = PackingJudge(least: 512)
        let much = Self.attempts(&judge, of: 1000, before: 2000, after: 1700)
        #expect(much == 1000)
        let little = Self.attempts(&judge, of: 1000, before: 2000, after: 1900)
        #expect(little < 200, "5 % is less than an eighth")
    }

    /// How many of some chances the judge takes, when all have the same result.
    private static func attempts(
        _ judge: inout PackingJudge, of chances: Int, before: Int = 4096, after: Int
    ) -> Int {
        var made = 0
        for _ in 0..<chances where judge.isWorthATry() {
            made += 1
            judge.learn(before: before, after: after)
        }
        return made
    }
}
