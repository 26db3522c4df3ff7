internal import ClientChecks
internal import Testing

@Suite struct JSONValueTests {
    @Test func escapesText() {
        #expect(JSONValue.text("a\"b\\c\nd\u{1}é").encoded == #""a\"b\\c\nd\u0001é""#)
    }

    @Test func keepsTheOrderOfFields() {
        let value = JSONValue.object([
            ("z", .count(1)), ("a", .list([.null, .boolean(true)])), ("m", .object([("k", .optional(nil as UInt64?))])),
        ])
        #expect(value.encoded == "{\"z\": 1,\n \"a\": [null, true],\n \"m\": {\"k\": null}}")
    }
}
