import ReplicaModel
import Testing

@testable import Witness

/// The client and a real etcd that demands a client certificate.
@Suite(.serialized) struct EtcdTLSTests {
    private func answer(
        _ etcd: Etcd, _ identity: WitnessConfiguration.Identity?, url: String? = nil
    ) throws -> WitnessFailure.Kind? {
        let configuration = try Fixtures.configuration([url ?? etcd.url], identity: identity, timeout: 10_000)
        var client = try WitnessClient(configuration)
        do throws(WitnessError) {
            let result = try client.swap(
                domain: Fixtures.freshDomain(), expected: nil, new: Fixtures.record("xen1", 1))
            #expect(result == .granted)
            return nil
        } catch {
            return error.failure.kind
        }
    }

    @Test func onlyTheRightCertificatesAreAccepted() throws {
        let ours = try Certificates()
        let strangers = try Certificates()
        let etcd = try Etcd.single(certificates: ours)
        #expect(try answer(etcd, ours.identity) == nil, "the right ones")
        var identity = ours.identity
        identity.authorityFile = strangers.authority
        #expect(try answer(etcd, identity) == .tls, "a server of an authority that we do not trust")
        identity.authorityFile = "/etc/ssl/certs/ca-certificates.crt"
        #expect(try answer(etcd, identity) == .tls, "a server of an authority that is not a public one")
        identity = ours.identity
        identity.certificateFile = nil
        identity.keyFile = nil
        // The server's refusal comes after the handshake, and the end of the connection may overtake it.
        let refusals: [WitnessFailure.Kind?] = [.tls, .interrupted]
        #expect(refusals.contains(try answer(etcd, identity)), "no client certificate")
        identity = strangers.identity
        identity.authorityFile = ours.authority
        #expect(refusals.contains(try answer(etcd, identity)), "a client certificate of another authority")
        identity = ours.identity
        identity.keyFile = strangers.client.key
        #expect(try answer(etcd, identity) == .tls, "a key that is not the certificate's")
        let plain = etcd.url.replacing("https", with: "http")
        #expect(try answer(etcd, nil, url: plain) != nil, "not encrypted")
    }

    @Test func aCertificateForAnotherNameIsRefused() throws {
        let certificates = try Certificates(serverName: "DNS:localhost")
        let place = try Etcd.Place.free("named")
        let etcd = try Etcd(place, cluster: [place], certificates: certificates)
        let url = "https://localhost:\(place.clientPort)"
        try etcd.waitUntilReady(identity: certificates.identity, url: url)
        #expect(try answer(etcd, certificates.identity, url: url) == nil)
        #expect(try answer(etcd, certificates.identity) == .tls)
    }
}
