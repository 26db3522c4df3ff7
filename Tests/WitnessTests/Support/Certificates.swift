import SystemKit
import Testing

@testable import Witness

/// Certificates of a test's own authority, made by `openssl`; gone with the object.
final class Certificates: Sendable {
    struct Pair {
        let certificate: String
        let key: String
    }

    private let directory: String
    var authority: String { "\(directory)/authority.crt" }
    var server: Pair { pair("server") }
    var client: Pair { pair("client") }

    /// This authority and the client's certificate.
    var identity: WitnessConfiguration.Identity {
        WitnessConfiguration.Identity(
            authorityFile: authority, certificateFile: client.certificate, keyFile: client.key)
    }

    /// Makes an authority, and a certificate for the server under a name.
    init(serverName: String = "IP:127.0.0.1") throws {
        directory = try Fixtures.temporaryDirectory()
        try openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
            "/CN=test authority", "-keyout", "\(directory)/authority.key", "-out", authority)
        // etcd's gateway shows its server's certificate to itself as a client's.
        try issue("server", "subjectAltName=\(serverName)\nextendedKeyUsage=serverAuth,clientAuth\n")
        try issue("client", "extendedKeyUsage=clientAuth\n")
    }

    deinit { Fixtures.removeDirectory(directory) }

    private func pair(_ name: String) -> Pair {
        Pair(certificate: "\(directory)/\(name).crt", key: "\(directory)/\(name).key")
    }

    private func issue(_ name: String, _ extensions: String) throws {
        let pair = pair(name)
        let request = "\(directory)/\(name).csr"
        try openssl(
            "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=\(name)",
            "-keyout", pair.key, "-out", request)
        try openssl(
            "x509", "-req", "-in", request, "-CA", authority, "-CAkey", "\(directory)/authority.key",
            "-CAcreateserial", "-days", "2", "-extfile", "/dev/stdin", "-out", pair.certificate, input: extensions)
    }

    private func openssl(_ arguments: String..., input: String = "") throws {
        let run = try ProcessRun.run(
            path: "/usr/bin/openssl", arguments: arguments, input: input, timeout: 30_000_000_000, grace: 0)
        try #require(run.ending == .exited(status: 0), "\(String(decoding: run.output, as: UTF8.self))")
    }
}
