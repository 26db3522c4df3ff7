internal import GuestServices
internal import Testing

@Suite struct PagePatternTests {
    @Test func dependsOnPageVersionAndPosition() {
        let pattern = PagePattern(page: 3, version: 9)
        let sameAgain = PagePattern(page: 3, version: 9)
        let nextVersion = PagePattern(page: 3, version: 10)
        let nextPage = PagePattern(page: 4, version: 9)
        let words = (0..<PagePattern.pageWords).map(pattern.word)
        #expect(words == (0..<PagePattern.pageWords).map(sameAgain.word))
        #expect(Set(words).count == PagePattern.pageWords)
        #expect(words.indices.allSatisfy { words[$0] != nextVersion.word($0) && words[$0] != nextPage.word($0) })
    }

    @Test func pagesDoNotShareContentAcrossVersions() {
        var firstWords: Set<UInt64> = []
        for page in 0..<64 {
            for version: UInt64 in 0..<64 { firstWords.insert(PagePattern(page: page, version: version).word(0)) }
        }
        #expect(firstWords.count == 64 * 64)
    }
}

@Suite struct VerifiedRegionTests {
    @Test func isRightFromTheStartAndAfterRewrites() throws {
        let region = try VerifiedRegion(pageCount: 32, seed: 1)
        #expect(region.check().isRight)
        region.rewritePages(500)
        let report = region.check()
        #expect(report.isRight)
        #expect(report.pages == 32)
        #expect(report.writes == 500)
    }

    @Test func reportsTheFlippedByte() throws {
        let region = try VerifiedRegion(pageCount: 32, seed: 1)
        let place = region.corrupt(page: 17)
        let report = region.check()
        #expect(place.page == 17)
        #expect(report.damage.bytes == 1)
        #expect(report.damage.first == place)
        #expect(!report.isRight)
    }

    @Test func keepsDamageOnRecordThatTheWriterWroteOver() throws {
        let region = try VerifiedRegion(pageCount: 4, seed: 1)
        let place = region.corrupt(page: 2)
        region.rewritePages(200)
        let report = region.check()
        #expect(report.damage.bytes == 1)
        #expect(report.damage.first == place)
    }

    @Test func isRightAgainAfterRepair() throws {
        let region = try VerifiedRegion(pageCount: 4, seed: 1)
        _ = region.corrupt(page: 0)
        region.rewritePages(10)
        region.repair()
        region.rewritePages(10)
        #expect(region.check().isRight)
    }
}
