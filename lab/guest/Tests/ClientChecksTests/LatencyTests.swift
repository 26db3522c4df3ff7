internal import Testing

@testable internal import ClientChecks

@Suite struct LatencyTests {
    @Test func percentilesAreOfAllLatencies() {
        var record = LatencyRecord()
        for latency in (1...200).reversed() { record.add(UInt64(latency)) }
        let text = JSONValue.object(record.jsonFields).encoded
        for part in ["\"answered\": 200", "p50_ns\": 100", "p90_ns\": 180", "p99_ns\": 198", "max_ns\": 200"] {
            #expect(text.contains(part), "\(part) in \(text)")
        }
        #expect(JSONValue.object(LatencyRecord().jsonFields).encoded.contains("\"latency_p50_ns\": null"))
    }

    @Test func eachAnswerBelongsToItsRequest() {
        #expect(LatencyLoad.echo.request(7) == "ECHO 7")
        #expect(LatencyLoad.echo.judge("ECHO 4711 7", number: 7) == true)
        #expect(LatencyLoad.echo.judge("ECHO 4711 8", number: 7) == false)
        // The counter's own line.
        #expect(LatencyLoad.echo.judge("4711 123456", number: 7) == nil)
    }

    @Test func redisIsGivenValuesAndCounts() {
        let set = LatencyLoad.redis.request(1)
        #expect(set.hasPrefix("SET key:") && set.utf8.count < 300 && set.utf8.count > LatencyLoad.valueBytes)
        #expect(LatencyLoad.redis.judge("+OK", number: 1) == true)
        #expect(LatencyLoad.redis.request(2).hasPrefix("INCR count:"))
        #expect(LatencyLoad.redis.judge(":1", number: 2) == true)
        #expect(LatencyLoad.redis.judge("-MISCONF", number: 2) == false)
        #expect(Set((1...1000).map { LatencyLoad.redis.request($0) }).count == 1000)
    }
}
