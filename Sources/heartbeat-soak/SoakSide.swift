import Heartbeat

/// One of the two hosts of the soak.
enum SoakSide: String, CaseIterable, Sendable {
    case alpha
    case beta

    /// The networks, which are also the names of the interfaces in both namespaces.
    static let networks: [(name: String, network: PathNetwork)] = [("lan", .lan), ("replication", .replication)]

    init(name: String) throws(SoakError) {
        guard let side = SoakSide(rawValue: name) else { throw .usage("\"\(name)\" is no host") }
        self = side
    }

    var peer: SoakSide { self == .alpha ? .beta : .alpha }

    /// The address on a network, by its index.
    func address(on index: Int) -> String { "10.213.\(index).\(self == .alpha ? 1 : 2)" }

    /// The configuration of its service: the defaults, but for the places.
    ///
    /// - Parameter directory: Where sockets and the key are.
    /// - Returns: The configuration.
    func configuration(directory: String) -> HeartbeatConfiguration {
        let paths = Self.networks.enumerated().map { index, entry in
            HeartbeatPath(
                name: entry.name, network: entry.network, localAddress: address(on: index),
                peerAddress: peer.address(on: index), port: 7789, carrierInterface: entry.name)
        }
        var configuration = HeartbeatConfiguration(ownName: rawValue, peerName: peer.rawValue, paths: paths)
        configuration.socketPath = "\(directory)/\(rawValue).sock"
        configuration.keyPath = "\(directory)/key"
        return configuration
    }
}
