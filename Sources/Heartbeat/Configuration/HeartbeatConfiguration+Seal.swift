extension HeartbeatConfiguration {
    /// The seal of one path's datagrams.
    ///
    /// - Parameters:
    ///   - path: The path.
    ///   - key: The pair's key.
    /// - Returns: The seal.
    /// - Throws: ``HeartbeatError/configuration(_:)`` when a host's name is not valid.
    func seal(of path: HeartbeatPath, key: HeartbeatKey) throws(HeartbeatError) -> DatagramSeal {
        guard let own = HostName(ownName), let peer = HostName(peerName) else {
            throw .configuration("a host name is not valid")
        }
        return DatagramSeal(key: key, ownName: own, peerName: peer, network: path.network)
    }
}
