import Testing

@testable import Witness

/// Answers of a gateway: what is clear is taken, everything else is a fault and never a grant.
@Suite struct GatewayAnswerTests {
    private static let header = #""header":{"cluster_id":"7","member_id":"8","revision":"5","raft_term":"2"}"#
    private static let put = #"{"response_put":{"header":{"revision":"5"}}}"#
    /// The key is "/k", the value "v1".
    private static let pair = #"{"key":"L2s=","create_revision":"2","mod_revision":"4","version":"1","value":"djE="}"#
    private static let look = #"{"response_range":{"kvs":["# + pair + #"],"count":"1"}}"#
    private static let origin = GatewayAnswer.Origin(cluster: "7", revision: 5)

    private func swap(_ text: String) throws -> GatewayAnswer.Swap {
        try GatewayAnswer.swap(Array(text.utf8), key: "/k")
    }

    @Test func readsYesAndNo() throws {
        #expect(try swap(#"{\#(Self.header),"succeeded":true,"responses":[\#(Self.put)]}"#) == .done(Self.origin))
        let stored = GatewayAnswer.Stored(value: "v1", revision: 4)
        #expect(try swap(#"{\#(Self.header),"responses":[\#(Self.look)]}"#) == .other(stored, Self.origin))
        #expect(
            try swap(#"{\#(Self.header),"succeeded":false,"responses":[{"response_range":{}}]}"#)
                == .other(nil, Self.origin))
    }

    @Test(arguments: [
        "", "{}", "[]", "null", "true", "{", #"{"succeeded":true}"#, #"{\#(header)}"#,
        #"{\#(header),"succeeded":true}"#,
        #"{\#(header),"succeeded":false}"#,
        #"{\#(header),"succeeded":true,"responses":[]}"#,
        #"{\#(header),"succeeded":"true","responses":[\#(put)]}"#,
        #"{\#(header),"succeeded":1,"responses":[\#(put)]}"#,
        #"{"succeeded":true,"responses":[\#(put)]}"#,
        #"{"header":{},"succeeded":true,"responses":[\#(put)]}"#,
        #"{"header":{"cluster_id":"7"},"succeeded":true,"responses":[\#(put)]}"#,
        #"{"header":{"cluster_id":"7","revision":"0"},"succeeded":true,"responses":[\#(put)]}"#,
        #"{"header":{"cluster_id":"7","revision":"x"},"succeeded":true,"responses":[\#(put)]}"#,
        #"{\#(header),"succeeded":true,"responses":[\#(look)]}"#,
        #"{\#(header),"succeeded":true,"responses":[\#(put),\#(put)]}"#,
        #"{\#(header),"succeeded":false,"responses":[\#(put)]}"#,
        #"{\#(header),"responses":[{"response_range":{"kvs":[\#(pair),\#(pair)],"count":"2"}}]}"#,
        #"{\#(header),"responses":[{"response_range":{"kvs":[\#(pair)]}}]}"#,
        #"{\#(header),"responses":[{"response_range":{"count":"1"}}]}"#,
        #"{\#(header),"responses":[{"response_range":{"kvs":[{"key":"L2s=","value":"djE="}],"count":"1"}}]}"#,
        #"{\#(header),"responses":[{"response_range":{"kvs":[{"key":"L3g=","value":"djE=","mod_revision":"4"}],"#
            + #""count":"1"}}]}"#,
        #"{\#(header),"responses":[{"response_range":{"kvs":[{"key":"L2s=","value":"~","mod_revision":"4"}],"#
            + #""count":"1"}}]}"#,
        #"{"error":"etcdserver: no leader","message":"etcdserver: no leader","code":14}"#,
    ])
    func anythingElseIsAFault(text: String) {
        #expect(throws: GatewayAnswer.Fault.self) { try swap(text) }
    }

    @Test func everyCutOfAGrantIsAFault() {
        let grant = #"{\#(Self.header),"succeeded":true,"responses":[\#(Self.put)]}"#
        for length in 0..<grant.count {
            #expect(throws: GatewayAnswer.Fault.self) { try swap(String(grant.prefix(length))) }
        }
    }

    @Test func aLeaseWithoutTimeToLiveIsOver() throws {
        let kept = #"{"result":{\#(Self.header),"ID":"77","TTL":"5"}}"#
        #expect(try GatewayAnswer.keptLease(Array(kept.utf8), 77))
        let over = #"{"result":{\#(Self.header),"ID":"77"}}"#
        #expect(try !GatewayAnswer.keptLease(Array(over.utf8), 77))
        #expect(throws: GatewayAnswer.Fault.self) { try GatewayAnswer.keptLease(Array(kept.utf8), 78) }
        #expect(throws: GatewayAnswer.Fault.self) { try GatewayAnswer.keptLease(Array("{}".utf8), 77) }
    }

    @Test func aNewLeaseNeedsANumberAndALength() throws {
        #expect(try GatewayAnswer.newLease(Array(#"{"ID":"77","TTL":"5"}"#.utf8)) == 77)
        for text in [#"{"ID":"77"}"#, #"{"TTL":"5"}"#, #"{"ID":"0","TTL":"5"}"#, #"{"error":"x"}"#] {
            #expect(throws: GatewayAnswer.Fault.self) { try GatewayAnswer.newLease(Array(text.utf8)) }
        }
    }

    @Test func anotherClusterOrAnOlderStateIsAFault() throws {
        var fence = ClusterFence()
        try fence.accept(GatewayAnswer.Origin(cluster: "7", revision: 5))
        try fence.accept(GatewayAnswer.Origin(cluster: "7", revision: 5))
        try fence.accept(GatewayAnswer.Origin(cluster: "7", revision: 6))
        for origin in [
            GatewayAnswer.Origin(cluster: "8", revision: 9), GatewayAnswer.Origin(cluster: "7", revision: 5),
        ] {
            var refused = false
            do throws(GatewayAnswer.Fault) { try fence.accept(origin) } catch { refused = true }
            #expect(refused)
        }
        try fence.accept(GatewayAnswer.Origin(cluster: "7", revision: 6))
    }

    @Test func aRefusalIsOnePlainShortLine() {
        let text = #"{"error":"e","message":"a\nb\u0007\#(String(repeating: "x", count: 500))","code":14}"#
        let words = GatewayAnswer.refusal(Array(text.utf8))
        #expect(words.hasPrefix("a b x") && words.count == 200)
        #expect(GatewayAnswer.refusal(Array("<html>".utf8)) == "<html>")
    }
}
