import Fencing
import ReplicaModel
import Testing

@Suite struct FenceConfigurationTests {
    private func make(
        program: String = "/usr/sbin/fence_ipmilan", _ options: [(String, String)] = [], timeout: Milliseconds = 60_000
    ) throws -> FenceConfiguration {
        try FenceConfiguration(
            program: program, options: options.map { .init(name: $0.0, value: $0.1) }, action: .off, timeout: timeout,
            verifies: false)
    }

    @Test func takesWhatAgentsTake() throws {
        let configuration = try make([
            ("ip", "192.0.2.7"), ("lanplus", "1"), ("password", "pä$$ word=#"), ("l-2_x", ""),
        ])
        #expect(configuration.options.count == 4)
    }

    @Test(arguments: [
        ("action", "reboot"), ("option", "reboot"), ("", "x"), ("ip address", "x"), ("ip=", "x"), ("ip\naction", "x"),
        ("ip", "192.0.2.7\naction=on"), ("ip", "a\rb"), ("ip", "a\u{0}b"),
        ("password", String(repeating: "x", count: 257)), (String(repeating: "x", count: 65), "1"),
    ])
    func refusesAnOptionThatCouldBeMore(name: String, value: String) {
        #expect(throws: FenceError.self) { try make([(name, value)]) }
    }

    @Test func refusesWhatCannotWork() {
        #expect(throws: FenceError.self) { try make(program: "fence_ipmilan") }
        #expect(throws: FenceError.self) { try make([("ip", "1"), ("ip", "2")]) }
        #expect(throws: FenceError.self) { try make(timeout: 999) }
        #expect(throws: FenceError.self) { try make((0..<65).map { ("o\($0)", "x") }) }
    }
}
