import Dispatch
import Foundation
import Synchronization

/// One of the two Xen hosts.
public enum HostName: String, CaseIterable, Sendable, CustomStringConvertible {
    /// The first host, 10.77.0.1.
    case xen1
    /// The second host, 10.77.0.2.
    case xen2

    /// The host's number, which ends all its addresses.
    public var index: Int { self == .xen1 ? 1 : 2 }

    /// The other host.
    public var peer: HostName { self == .xen1 ? .xen2 : .xen1 }

    /// The name.
    public var description: String { rawValue }

    /// The host's IPv4 address on a network.
    ///
    /// - Parameter network: The network.
    /// - Returns: The address, without a prefix length.
    public func address(on network: NetworkName) -> String { "\(network.prefix).\(index)" }

    /// The host's IPv6 address on the lan.
    public var address6: String { "fd77::\(index)" }

    /// The name of the host's tap in the lab's namespace, for captures.
    ///
    /// - Parameter network: The network that the tap belongs to.
    /// - Returns: The interface name.
    public func tap(on network: NetworkName) -> String { "\(rawValue)-\(network)" }

    /// Does something for several hosts at the same time, each of which has a processor of its own.
    ///
    /// - Parameters:
    ///   - hosts: The hosts; each once.
    ///   - work: What to do for a host.
    /// - Returns: What came of it, in the hosts' order.
    /// - Throws: The error of the first host that has one, when all have ended.
    @discardableResult
    static func together<Value: Sendable>(
        _ hosts: [HostName] = allCases, _ work: @Sendable (HostName) throws(LabError) -> Value
    ) throws(LabError) -> [Value] {
        let results = Mutex<[HostName: Result<Value, LabError>]>([:])
        DispatchQueue.concurrentPerform(iterations: hosts.count) { number in
            let host = hosts[number]
            let result = Result { () throws(LabError) in try work(host) }
            results.withLock { $0[host] = result }
        }
        let all = results.withLock { $0 }
        var values: [Value] = []
        for host in hosts { if let result = all[host] { values.append(try result.get()) } }
        return values
    }

    func networkCardAddress(on network: NetworkName) -> String {
        "52:54:00:\(network.number):00:0\(index)"
    }
}

/// One of the lab's networks.
public enum NetworkName: String, CaseIterable, Sendable, CustomStringConvertible {
    /// Clients and guests.
    case lan
    /// The replication link between the hosts.
    case repl
    /// The lab's own way to the hosts, which stays when the cables of the other two are pulled.
    ///
    /// The product must not use it: a real pair of hosts has no such third path.
    case management = "mgmt"

    /// The networks whose cables scenarios pull.
    public static let cables: [NetworkName] = [.lan, .repl]

    /// The name.
    public var description: String { rawValue }

    /// The first three numbers of the network's IPv4 addresses.
    var prefix: String { "10.\(number).0" }

    /// The number that tells the network's addresses from those of the others.
    var number: Int {
        switch self {
        case .lan: 77
        case .repl: 78
        case .management: 79
        }
    }
}

/// The two states of a cable.
public enum LinkState: String, Sendable, CustomStringConvertible {
    /// Plugged in.
    case up
    /// Pulled.
    case down

    /// The state's name.
    public var description: String { rawValue }
}
