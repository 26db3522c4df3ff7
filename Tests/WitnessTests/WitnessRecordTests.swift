import ReplicaModel
import Testing

@testable import Witness

@Suite struct WitnessRecordTests {
    @Test(arguments: [
        (Fixtures.record("xen1", 7, "xen2"), #"{"version":1,"owner":"xen1","generation":7,"replica":"xen2"}"#),
        (Fixtures.record("a", 1), #"{"version":1,"owner":"a","generation":1,"replica":null}"#),
        (
            Fixtures.record("a.b-c_D", .max, String(repeating: "x", count: 64)),
            #"{"version":1,"owner":"a.b-c_D","generation":18446744073709551615,"replica":""#
                + String(repeating: "x", count: 64) + #""}"#
        ),
    ])
    func hasOneTextAndIsReadBack(record: WitnessRecord, text: String) {
        #expect(record.text == text)
        #expect(WitnessRecord.decoded(text) == .record(record))
    }

    @Test(arguments: [
        "", "null", "{}", "xen1",
        #"{"version":2,"owner":"xen1","generation":7,"replica":null}"#,
        #"{"version":1,"owner":"","generation":7,"replica":null}"#,
        #"{"version":1,"owner":"xen 1","generation":7,"replica":null}"#,
        #"{"version":1,"owner":"xén","generation":7,"replica":null}"#,
        #"{"version":1,"owner":"xen1","generation":0,"replica":null}"#,
        #"{"version":1,"owner":"xen1","generation":07,"replica":null}"#,
        #"{"version":1,"owner":"xen1","generation":+7,"replica":null}"#,
        #"{"version":1,"owner":"xen1","generation":-7,"replica":null}"#,
        #"{"version":1,"owner":"xen1","generation":18446744073709551616,"replica":null}"#,
        #"{"version":1,"owner":"xen1","generation":7,"replica":"xen1"}"#,
        #"{"version":1,"owner":"xen1","generation":7,"replica":""}"#,
        #"{"version":1,"owner":"xen1","generation":7,"replica":none}"#,
        #"{"version":1,"owner":"xen1","generation":7,"replica":null} "#,
        #"{"version":1,"owner":"xen1","generation":7,"replica":null"#,
        #"{"version":1,"owner":"xen1","generation":7,"replica":null,"more":1}"#,
        #"{"owner":"xen1","version":1,"generation":7,"replica":null}"#,
        #"{"version": 1,"owner":"xen1","generation":7,"replica":null}"#,
    ])
    func isGarbageInAnyOtherForm(text: String) { #expect(WitnessRecord.decoded(text) == .garbage) }

    @Test func isGarbageWhenCutOrChangedAnywhere() {
        let text = Fixtures.record("xen1", 7, "xen2").text
        for length in 0..<text.utf8.count {
            #expect(WitnessRecord.decoded(String(text.prefix(length))) == .garbage)
        }
        for index in text.utf8.indices {
            var bytes = Array(text.utf8)
            bytes[text.utf8.distance(from: text.startIndex, to: index)] ^= 0x80
            #expect(WitnessRecord.decoded(String(decoding: bytes, as: UTF8.self)) == .garbage)
        }
    }

    @Test(arguments: [
        Fixtures.record("", 1), Fixtures.record("a", 0), Fixtures.record("a", 1, "a"), Fixtures.record("a\"", 1),
        Fixtures.record(String(repeating: "x", count: 65), 1),
    ])
    func isRefusedWhenItCannotBeStored(record: WitnessRecord) throws {
        #expect(!record.isWellFormed)
        var client = try WitnessClient(Fixtures.configuration(["http://127.0.0.1:1"]))
        var error: WitnessError?
        do { _ = try client.swap(domain: Fixtures.domain, expected: nil, new: record) } catch let refusal {
            error = refusal
        }
        guard case .badConfiguration = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        var ledger = WitnessLedger()
        let answer = ledger.answer(.swap(expected: nil, new: record), domain: Fixtures.domain)
        guard case .failed(let failure) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(failure.kind == .badConfiguration)
        #expect(ledger == WitnessLedger())
    }
}
