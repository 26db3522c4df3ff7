import Testing

@testable import XenToolstack

@Suite struct JSONValueTests {
    @Test func readsEveryKindOfValue() {
        let text = #" { "a": [1, -2, true, false, null], "b": {"c": "d"}, "e": [], "f": {} } "#
        #expect(
            JSONValue.parse(text)
                == .object([
                    "a": .list([.number(1), .number(-2), .boolean(true), .boolean(false), .null]),
                    "b": .object(["c": .text("d")]), "e": .list([]), "f": .object([:]),
                ]))
    }

    @Test func readsEscapes() {
        #expect(JSONValue.parse(#""a\"\\\/\n\tb""#) == .text("a\"\\/\n\tb"))
        #expect(JSONValue.parse(#""\u00e9\ud83d\ude00""#) == .text("é😀"))
    }

    @Test(arguments: [
        "", "{", "[1,", "[1,]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "tru", "1.5", "1e3", "-", "99999999999999999999",
        "\"abc", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\ud83d\"", "1 2", "[1] x",
    ])
    func refusesWhatIsMalformed(text: String) { #expect(JSONValue.parse(text) == nil) }

    @Test func refusesDeepNesting() {
        let shallow = String(repeating: "[", count: 60) + String(repeating: "]", count: 60)
        let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
        #expect(JSONValue.parse(shallow) != nil)
        #expect(JSONValue.parse(deep) == nil)
    }

    @Test func givesNothingForAnotherKind() {
        #expect(JSONValue.number(1)["a"] == .null)
        #expect(JSONValue.text("x").number == nil)
        #expect(JSONValue.number(1).text == nil)
        #expect(JSONValue.null.list.isEmpty)
    }
}
