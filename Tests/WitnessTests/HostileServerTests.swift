import Glibc
import ReplicaModel
import SystemKit
import Testing

@testable import Witness

/// A witness that lies, stammers or is silent grants nothing, and costs no more than the time and the memory allowed.
@Suite struct HostileServerTests {
    private static let timeout: Milliseconds = 300
    private static let new = Fixtures.record("xen1", 1, "xen2")

    /// What a swap comes to; the server has gone afterwards.
    fileprivate func failure(
        timeout: Milliseconds = timeout, _ behaviour: @escaping HostileServer.Behaviour
    ) throws -> WitnessFailure.Kind? {
        let server = try HostileServer(behaviour)
        defer { server.stop() }
        var client = try WitnessClient(Fixtures.configuration([server.url], timeout: timeout))
        do throws(WitnessError) {
            _ = try client.swap(domain: Fixtures.domain, expected: nil, new: Self.new)
            return nil
        } catch {
            return error.failure.kind
        }
    }

    @Test(arguments: [
        "", "OK", "granted", "{\"succeeded\":true}", "<html>succeeded</html>", String(repeating: "[", count: 60_000),
        "{\"header\":{\"cluster_id\":\"1\",\"revision\":\"1\"},\"succeeded\":true}",
        "\u{0}\u{1}\u{2}", "{\"succeeded\":tru",
    ])
    func garbageIsSaidToBeGarbage(body: String) throws {
        #expect(try failure { _, speak in _ = speak(HostileServer.answer(body)) } == .garbage)
    }

    @Test(arguments: [
        "220 mail.example.org ESMTP\r\n", "SSH-2.0-OpenSSH\r\n", "\u{16}\u{3}\u{1}", "HTTP/1.1 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
    ])
    func whatIsNoHTTPGrantsNothing(text: String) throws {
        let kind = try failure { _, speak in _ = speak(text) }
        #expect(kind == .garbage || kind == .interrupted)
    }

    /// A question that was sent may have been taken, whatever became of its answer.
    @Test func anAnswerThatEndsInTheMiddleGrantsNothing() throws {
        let whole = HostileServer.answer("{\"succeeded\":true}")
        #expect(try failure { _, speak in _ = speak(String(whole.dropLast(1))) } == .garbage)
        #expect(try failure { _, speak in _ = speak(String(whole.prefix(9))) } != nil)
        #expect(try failure { _, _ in } == .interrupted)
    }

    @Test(arguments: ["500 Internal Server Error", "503 Service Unavailable", "404 Not Found", "401 Unauthorized"])
    func otherStatusesAreRefusals(status: String) throws {
        let body = #"{"error":"no","message":"no","code":7,"succeeded":true}"#
        #expect(
            try failure { _, speak in _ = speak(HostileServer.answer(body, status: status)) } == .refusedByServer)
    }

    @Test func redirectsAreNotFollowed() throws {
        let asked = Counter()
        let other = try HostileServer { _, speak in
            asked.increment()
            _ = speak(HostileServer.answer("{}"))
        }
        defer { other.stop() }
        let target = other.url
        let kind = try failure { question, speak in
            _ = speak(
                "HTTP/1.1 307 Temporary Redirect\r\nLocation: \(target)\(question.path)\r\nContent-Length: 0\r\n\r\n")
        }
        #expect(kind == .refusedByServer)
        #expect(asked.value == 0)
    }

    @Test func aHugeAnswerIsCutOff() throws {
        let sent = Counter()
        let kind = try failure(timeout: 20_000) { _, speak in
            _ = speak("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
            let piece = String(repeating: " ", count: 1 << 16)
            while sent.value < 1024, speak(piece) { sent.increment() }
        }
        #expect(kind == .garbage)
        // It ended by the client's will: what went out fits into the socket buffers of both sides.
        #expect(sent.value < 1024)
    }

    @Test func endlessHeadersAreCutOff() throws {
        let sent = Counter()
        let kind = try failure(timeout: 20_000) { _, speak in
            _ = speak("HTTP/1.1 200 OK\r\n")
            let line = "X-Filler: " + String(repeating: "x", count: 1000) + "\r\n"
            while sent.value < 65_536, speak(line) { sent.increment() }
        }
        #expect(kind == .garbage)
        #expect(sent.value < 65_536)
    }

    @Test func aSlowDripIsCutOffByTheTimeout() throws {
        let whole = HostileServer.answer(String(repeating: " ", count: 10_000))
        let kind = try failure { _, speak in
            for character in whole {
                guard speak(String(character)) else { return }
                Clock.sleep(milliseconds: 5)
            }
        }
        #expect(kind == .timedOut)
    }

    @Test func silenceIsCutOffByTheTimeout() throws {
        let kind = try failure { _, speak in
            // Ends when the client has gone.
            while speak("") { Clock.sleep(milliseconds: 50) }
        }
        #expect(kind == .timedOut)
    }

    @Test func aPortWithoutAListenerIsUnreachable() throws {
        let port = try Fixtures.freePorts(1)[0]
        var client = try WitnessClient(Fixtures.configuration(["http://127.0.0.1:\(port)"]))
        var kind: WitnessFailure.Kind?
        do throws(WitnessError) { _ = try client.record(of: Fixtures.domain) } catch { kind = error.failure.kind }
        #expect(kind == .unreachable)
    }

    @Test func aProxyOfTheEnvironmentIsNotUsed() async {
        // In a process of its own: the environment is everybody's.
        await #expect(processExitsWith: .success) {
            let proxied = Counter()
            let proxy = try HostileServer { _, speak in
                proxied.increment()
                _ = speak(HostileServer.answer("{}"))
            }
            for name in ["http_proxy", "all_proxy", "ALL_PROXY"] { setenv(name, proxy.url, 1) }
            let kind = try HostileServerTests().failure { _, speak in _ = speak(HostileServer.answer("{}")) }
            exit(kind == .garbage && proxied.value == 0 ? 0 : 1)
        }
    }

    @Test func severalSilentEndpointsShareOneTime() throws {
        let asked = Counter()
        let servers = try (0..<3).map { _ in
            try HostileServer { _, speak in
                asked.increment()
                while speak("") { Clock.sleep(milliseconds: 50) }
            }
        }
        defer { for server in servers { server.stop() } }
        var client = try WitnessClient(Fixtures.configuration(servers.map(\.url), timeout: 600))
        let start = Clock.monotonic
        var kind: WitnessFailure.Kind?
        do throws(WitnessError) { _ = try client.record(of: Fixtures.domain) } catch { kind = error.failure.kind }
        #expect(kind == .timedOut)
        #expect(asked.value == 3, "each had its part of the time")
        // Three times the whole time would be 1800 ms.
        #expect(Clock.monotonic - start < 1_700_000_000)
    }
}
