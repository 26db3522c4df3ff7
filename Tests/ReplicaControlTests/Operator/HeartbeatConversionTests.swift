import Heartbeat
import ReplicaModel
import TestSupport
import Testing

@testable import ReplicaControl

@Suite struct HeartbeatConversionTests {
    @Test func theDefaultFileMakesAHeartbeatThatPassesItsOwnChecks() throws {
        let text = try Repository.text("config/replicactl.toml")
        var configuration = try ConfigurationLoader.parse(text, file: "config/replicactl.toml")
        configuration.host.name = "xen1"
        let heartbeat = configuration.heartbeatConfiguration
        try heartbeat.check()
        #expect(heartbeat.paths.map(\.network) == [.replication, .lan])
        #expect(heartbeat.paths[1].carrierInterface == "eth0")
        #expect(heartbeat.interval == configuration.heartbeat.interval)
        #expect(heartbeat.lease == configuration.heartbeat.lease)
    }

    @Test func defaultsAreThoseOfTheHeartbeat() {
        let ours = Configuration().heartbeatConfiguration
        let theirs = HeartbeatConfiguration(ownName: ours.ownName, peerName: ours.peerName, paths: [])
        #expect(ours == theirs)
        #expect(Configuration().announcementSchedule == .standard)
    }

    @Test func aLateBatchAtZeroIsNone() {
        var configuration = Configuration()
        configuration.announce.lateBatch = 0
        #expect(configuration.announcementSchedule.lateRounds == 0)
    }

    @Test func anEmptyNameStandsForTheSystems() {
        var configuration = Configuration()
        #expect(!configuration.ownName.isEmpty && !configuration.ownName.contains("."))
        configuration.host.name = "xen1"
        #expect(configuration.ownName == "xen1")
    }
}
