internal import GuestSupport
internal import Testing

@Suite struct CommandLineOptionsTests {
    @Test func sortsWordsValuesAndFlags() throws {
        let arguments = ["10.0.0.1", "--port", "70", "--echo"]
        let options = try CommandLineOptions(arguments, valued: ["--port"], flags: ["--echo"])
        #expect(try options.onlyWord("ADDRESS") == "10.0.0.1")
        #expect(try options.number("--port", in: 1...100) == 70)
        #expect(options.has("--echo"))
    }

    @Test(arguments: [["--port"], ["--other"], ["--port", "many"], ["--port", "101"]])
    func refusesWhatItDoesNotKnow(arguments: [String]) {
        #expect(throws: CommandLineOptions.UsageError.self) {
            let options = try CommandLineOptions(arguments, valued: ["--port"])
            _ = try options.number("--port", in: 1...100)
        }
    }
}
