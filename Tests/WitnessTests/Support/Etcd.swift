import Foundation
import Glibc
import ReplicaModel
import SystemKit
import Synchronization
import Testing

@testable import Witness

/// A real etcd on loopback, or one member of a cluster, with a data directory of its own; gone with the object.
final class Etcd: Sendable {
    /// A member's place in a cluster.
    struct Place {
        let name: String
        let clientPort: UInt16
        let peerPort: UInt16

        static func free(_ name: String) throws -> Place {
            let ports = try Fixtures.freePorts(2)
            return Place(name: name, clientPort: ports[0], peerPort: ports[1])
        }
    }

    private static let program = "/usr/bin/etcd"
    let url: String
    private let directory: String
    private let process: Mutex<ChildProcess?>

    /// Starts a member; it may not be ready yet.
    init(_ place: Place, cluster: [Place], certificates: Certificates? = nil) throws {
        try #require(access(Self.program, X_OK) == 0, "\(Self.program) is missing: run 'make deps'")
        directory = try Fixtures.temporaryDirectory()
        url = "\(certificates == nil ? "http" : "https")://127.0.0.1:\(place.clientPort)"
        let peer = { (place: Place) in "http://127.0.0.1:\(place.peerPort)" }
        var arguments = [
            "--name", place.name, "--data-dir", "\(directory)/data", "--logger", "zap",
            "--listen-client-urls", url, "--advertise-client-urls", url,
            "--listen-peer-urls", peer(place), "--initial-advertise-peer-urls", peer(place),
            "--initial-cluster", cluster.map { "\($0.name)=\(peer($0))" }.joined(separator: ","),
            "--heartbeat-interval", "100", "--election-timeout", "1000",
        ]
        if let certificates {
            arguments += [
                "--client-cert-auth", "--trusted-ca-file", certificates.authority,
                "--cert-file", certificates.server.certificate, "--key-file", certificates.server.key,
            ]
        }
        let log = FileDescriptor(owning: open("\(directory)/log", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600))
        let child = try ChildProcess.start(
            path: Self.program, arguments: arguments,
            descriptors: [
                DescriptorPlan(source: log.number, target: 1), DescriptorPlan(source: log.number, target: 2),
            ])
        process = Mutex(child)
    }

    /// A witness of one member, ready.
    static func single(certificates: Certificates? = nil) throws -> Etcd {
        let place = try Place.free("single")
        let etcd = try Etcd(place, cluster: [place], certificates: certificates)
        try etcd.waitUntilReady(identity: certificates?.identity)
        return etcd
    }

    /// A cluster of three, ready.
    static func cluster() throws -> [Etcd] {
        let places = try ["a", "b", "c"].map(Place.free)
        let members = try places.map { try Etcd($0, cluster: places) }
        for member in members { try member.waitUntilReady() }
        return members
    }

    deinit {
        kill()
        Fixtures.removeDirectory(directory)
    }

    /// A power cut.
    func kill() {
        process.withLock { process in
            guard let child = process.take() else { return }
            child.kill()
        }
    }

    /// Sends a signal, such as `SIGCONT`.
    func signal(_ number: Int32) { process.withLock { $0.use { $0.signal(number) } } }

    /// Stops it, and waits until none of its threads can answer any more.
    func freeze() throws {
        signal(SIGSTOP)
        let number = try #require(process.withLock { $0.use { $0.number } })
        let deadline = Clock.monotonic + 60_000_000_000
        while try !Self.isStopped(number) {
            try #require(Clock.monotonic < deadline, "etcd does not stop")
            Clock.sleep(milliseconds: 2)
        }
    }

    private static func isStopped(_ process: Int32) throws -> Bool {
        let folder = "/proc/\(process)/task"
        return try FileManager.default.contentsOfDirectory(atPath: folder).allSatisfy { thread in
            let text = try String(contentsOfFile: "\(folder)/\(thread)/stat", encoding: .utf8)
            // The state follows the name in parentheses.
            return text.split(separator: ")").last?.split(separator: " ").first == "T"
        }
    }

    /// Waits until questions are answered.
    func waitUntilReady(identity: WitnessConfiguration.Identity? = nil, url: String? = nil) throws {
        let configuration = try Fixtures.configuration([url ?? self.url], identity: identity, timeout: 1000)
        var client = try WitnessClient(configuration)
        let deadline = Clock.monotonic + 60_000_000_000
        while true {
            do {
                _ = try client.record(of: Fixtures.domain)
                return
            } catch {
                guard Clock.monotonic < deadline else { throw error }
                Clock.sleep(milliseconds: 50)
            }
        }
    }
}

/// Starts one etcd for all tests of a suite, and ends it after them.
struct EtcdTrait: SuiteTrait, TestScoping {
    @TaskLocal static var current: Etcd?

    /// The suite's etcd.
    static var url: String {
        get throws { try #require(current).url }
    }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let etcd = try Etcd.single()
        try await Self.$current.withValue(etcd) { try await function() }
        etcd.kill()
    }
}

extension Trait where Self == EtcdTrait {
    static var etcd: EtcdTrait { EtcdTrait() }
}
