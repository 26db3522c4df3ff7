import ReplicaModel
import Synchronization
import Testing

@testable import ReplicaControl
@testable import XenToolstack

@Suite struct GuestLifePerformerTests {
    /// Stands for a host: notes what is asked of it, and fails where it is told to.
    private final class Host: Sendable {
        struct State {
            var calls: [String] = []
            var failures: [String: [ToolstackError]] = [:]
            var missingFiles: [String] = []
            var current: DomainConfiguration?
        }

        let state = Mutex(State())

        var calls: [String] { state.withLock { $0.calls } }

        func fail(_ call: String, with errors: ToolstackError...) { state.withLock { $0.failures[call] = errors } }

        func note(_ call: String, _ detail: String = "") throws(ToolstackError) {
            let error: ToolstackError? = state.withLock { state in
                state.calls.append(detail.isEmpty ? call : "\(call) \(detail)")
                guard let errors = state.failures[call], !errors.isEmpty else { return nil }
                return state.failures[call]?.removeFirst()
            }
            if let error { throw error }
        }

        var tools: GuestLifeTools {
            GuestLifeTools(
                describe: { (domain) throws(ToolstackError) in
                    let current = self.state.withLock { $0.current }
                    guard let current else { throw .helperFailed(verb: "describe", message: "no such domain") }
                    return current
                },
                missingBootFiles: { _ in self.state.withLock { $0.missingFiles } },
                dumpCore: { (domain, configuration) throws(ToolstackError) in
                    try self.note("dump", "\(domain) \(configuration.name)")
                },
                destroy: { (domain, _) throws(ToolstackError) in try self.note("destroy", domain.description) },
                setAside: { (domain, name) throws(ToolstackError) in
                    try self.note("set-aside", "\(domain) \(name)")
                    return name + "-then"
                },
                create: { (configuration) throws(ToolstackError) in
                    try self.note("create", configuration.name)
                    return DomainID(rawValue: 8)
                },
                pause: { length in try? self.note("pause", length.rawValue.description) })
        }
    }

    private let host = Host()
    private let domain = DomainID(rawValue: 7)

    private func configuration(
        name: String = "web", uuid: String = "326fe664-a0ff-40ed-88b5-401e19a68b1d"
    ) throws -> DomainConfiguration {
        try DomainConfiguration(
            json: """
                { "c_info": { "type": "pvh", "name": "\(name)", "uuid": "\(uuid)" }, "b_info": { "max_memkb": 1024 } }
                """)
    }

    private func perform(_ steps: [GuestLifePlan.Step], isGone: Bool = false) throws -> GuestLifePerformer.Outcome {
        let plan = GuestLifePlan(steps: steps, isGone: isGone, notBefore: MonotonicTime(nanoseconds: 0))
        return GuestLifePerformer(tools: host.tools).perform(plan, on: domain, kept: try configuration())
    }

    @Test func restartsInOrder() throws {
        #expect(try perform([.dumpCore, .destroy, .create]) == .restarted(DomainID(rawValue: 8)))
        #expect(host.calls == ["dump 7 web", "destroy 7", "create web"])
    }

    @Test func putsAsideBeforeItStarts() throws {
        #expect(try perform([.setAside, .create]) == .restarted(DomainID(rawValue: 8)))
        #expect(host.calls == ["set-aside 7 web", "create web"])
    }

    @Test func doesNothingWhereNothingIsWanted() throws {
        #expect(try perform([]) == .kept)
        #expect(try perform([], isGone: true) == .gone)
        #expect(host.calls.isEmpty)
    }

    @Test func startsWithWhatLibxlKnowsNow() throws {
        let renamed = try configuration(name: "renamed")
        host.state.withLock { $0.current = renamed }
        _ = try perform([.destroy, .create])
        #expect(host.calls == ["destroy 7", "create renamed"])
    }

    // The number of a domain may have gone to another one meanwhile.
    @Test func doesNotStartAnotherDomainsConfiguration() throws {
        let other = try configuration(name: "other", uuid: "00000000-0000-0000-0000-000000000001")
        host.state.withLock { $0.current = other }
        _ = try perform([.destroy, .create])
        #expect(host.calls == ["destroy 7", "create web"])
    }

    @Test func doesNotDestroyWhatCannotBeMadeAnew() throws {
        host.state.withLock { $0.missingFiles = ["/boot/guest/vmlinuz"] }
        let outcome = try perform([.destroy, .create])
        guard case .failed(let failure) = outcome else { throw Unexpected(outcome: outcome) }
        #expect(failure.reason == .guestActionFailed)
        #expect(failure.text.contains("/boot/guest/vmlinuz"))
        #expect(host.calls.isEmpty)
        // A domain that is not to run again needs no files.
        #expect(try perform([.destroy]) == .gone)
    }

    @Test func aFailedDumpStopsNothing() throws {
        host.fail("dump", with: .noRoomForDump(path: "/var/lib/xen/dump/web", neededMiB: 1))
        #expect(try perform([.dumpCore, .destroy]) == .gone)
        #expect(host.calls == ["dump 7 web", "destroy 7"])
    }

    @Test func triesAStartThreeTimes() throws {
        let error = ToolstackError.helperFailed(verb: "create", message: "error -3")
        host.fail("create", with: error, error)
        #expect(try perform([.destroy, .create]) == .restarted(DomainID(rawValue: 8)))
        #expect(host.calls == ["destroy 7", "create web", "pause 2000", "create web", "pause 2000", "create web"])
    }

    @Test func givesUpAfterThreeStarts() throws {
        let error = ToolstackError.helperFailed(verb: "create", message: "error -3")
        host.fail("create", with: error, error, error, error)
        #expect(try perform([.destroy, .create]) == .failed(SessionFailure(.guestActionFailed, error.description)))
        #expect(host.calls.filter { $0 == "create web" }.count == 3)
    }

    // Safety rule 2: whoever made the domain already has it.
    @Test func doesNotInsistWhereTheDomainExists() throws {
        let error = ToolstackError.domainExists(try configuration().identity, DomainID(rawValue: 9))
        host.fail("create", with: error)
        #expect(try perform([.destroy, .create]) == .failed(SessionFailure(.guestActionFailed, error.description)))
        #expect(host.calls == ["destroy 7", "create web"])
    }

    @Test func startsBesideADeadDomainThatStaysListed() throws {
        let error = ToolstackError.domainRemains(try configuration().identity, 60_000)
        host.fail("destroy", with: error)
        #expect(try perform([.destroy, .create]) == .restarted(DomainID(rawValue: 8)))
        host.fail("destroy", with: error)
        #expect(try perform([.destroy]) == .failed(SessionFailure(.guestActionFailed, error.description)))
    }

    @Test func doesNotStartBesideADomainThatCouldNotBePutAside() throws {
        let error = ToolstackError.helperFailed(verb: "set-aside", message: "error -3")
        host.fail("set-aside", with: error)
        #expect(try perform([.setAside, .create]) == .failed(SessionFailure(.guestActionFailed, error.description)))
        #expect(host.calls == ["set-aside 7 web"])
    }

    private struct Unexpected: Error { let outcome: GuestLifePerformer.Outcome }
}
