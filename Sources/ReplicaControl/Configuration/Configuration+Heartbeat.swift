public import Heartbeat
internal import Glibc
internal import ReplicaModel

extension Configuration {
    /// This host's name: the configured one, or the system's host name up to its first dot.
    public var ownName: String {
        if !host.name.isEmpty { return host.name }
        var name = utsname()
        guard uname(&name) == 0 else { return "localhost" }
        let full = withUnsafeBytes(of: &name.nodename) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return full.split(separator: ".").first.map(String.init) ?? "localhost"
    }

    /// What the heartbeat service is told.
    public var heartbeatConfiguration: HeartbeatConfiguration {
        let paths = heartbeat.paths.map { path in
            HeartbeatPath(
                name: path.name, network: path.network == .lan ? .lan : .replication, localAddress: path.localAddress,
                peerAddress: path.peerAddress, port: path.port, carrierInterface: path.carrierInterface)
        }
        var result = HeartbeatConfiguration(ownName: ownName, peerName: peer.name, paths: paths)
        result.interval = heartbeat.interval
        result.misses = heartbeat.misses
        result.lease = heartbeat.lease
        result.driftMargin = heartbeat.driftMargin
        result.socketPath = heartbeat.socket
        result.keyPath = heartbeat.keyFile
        result.realtimePriority = heartbeat.realtimePriority
        return result
    }

    /// When a guest's addresses are announced after a failover.
    public var announcementSchedule: AnnouncementSchedule {
        AnnouncementSchedule(
            rounds: announce.rounds, firstGap: announce.initial, gapStep: announce.step, longestGap: announce.max,
            lateStart: announce.lateBatch, lateRounds: announce.lateBatch == 0 ? 0 : announce.lateRounds)
    }
}
