import ReplicaModel
import Testing

@testable import Witness

@Suite struct WitnessConfigurationTests {
    @Test(arguments: [
        "http://127.0.0.1:2379", "https://[fd00::1]:2379", "https://witness.example.org:443", "http://w_1:65535",
    ])
    func takesAnEndpoint(text: String) throws {
        let endpoint = try WitnessEndpoint(text)
        #expect(endpoint.description == text)
        #expect(endpoint.isSecure == text.hasPrefix("https"))
    }

    @Test(arguments: [
        "", "127.0.0.1:2379", "http://127.0.0.1", "http://:2379", "http://a:0", "http://a:65536", "http://a:-1",
        "http://a:2379/", "http://a:2379/v3", "http://u:p@a:2379", "ftp://a:2379", "http://a b:2379", "http://a:23 79",
        "http://[]:2379", "http://[fd00::1%eth0]:2379", "http://fd00::1:2379", "http://a?x:2379", "HTTP://a:2379",
        "file:///etc/passwd", "http://a:2379\n", "http://a:+79",
    ])
    func refusesAnythingElse(text: String) {
        #expect(throws: WitnessError.self) { try WitnessEndpoint(text) }
    }

    @Test func refusesWhatCannotWork() {
        #expect(throws: WitnessError.self) { try Fixtures.configuration([]) }
        #expect(throws: WitnessError.self) {
            try Fixtures.configuration([String](repeating: "http://a:1", count: 10))
        }
        #expect(throws: WitnessError.self) { try Fixtures.configuration(["http://a:1"], host: "xen/1") }
        #expect(throws: WitnessError.self) { try Fixtures.configuration(["http://a:1"], timeout: 99) }
        #expect(throws: WitnessError.self) { try Fixtures.configuration(["http://a:1"], presence: 1) }
        #expect(throws: WitnessError.self) { try Fixtures.configuration(["https://a:1"]) }
    }

    @Test(arguments: [
        WitnessConfiguration.Identity(authorityFile: "/nonexistent", certificateFile: nil, keyFile: nil),
        .init(authorityFile: "/etc/passwd", certificateFile: "/etc/passwd", keyFile: nil),
        .init(authorityFile: "/etc/passwd", certificateFile: nil, keyFile: "/etc/passwd"),
        .init(authorityFile: "/etc/passwd", certificateFile: "/etc/passwd", keyFile: "/nonexistent"),
    ])
    func refusesFilesThatAreMissing(identity: WitnessConfiguration.Identity) {
        #expect(throws: WitnessError.self) { try Fixtures.configuration(["https://a:1"], identity: identity) }
    }
}
