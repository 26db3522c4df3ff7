// A guest's addresses: those configured, and those learned from what it sends.

internal import CheckpointStream
internal import Heartbeat
internal import Synchronization
internal import SystemKit
internal import Telemetry
internal import XenToolstack

/// Watches the interfaces of one guest; used from the session's thread and let go of with the session.
final class GuestAddressBook: Sendable {
    private let learners: [Learner]

    /// A learner cannot lie in an array; this can.
    private final class Learner: Sendable {
        let watch: AddressLearner

        init(_ watch: consuming AddressLearner) { self.watch = watch }
    }

    /// Starts to watch.
    ///
    /// An interface that cannot be watched is passed over with a warning: its configured addresses still count.
    ///
    /// - Parameters:
    ///   - interfaces: The guest's interfaces.
    ///   - configured: Addresses from the configuration; they are taken for the first interface's.
    init(interfaces: [GuestFacts.NetworkInterface], configured: [String]) {
        var learners: [Learner] = []
        for (position, interface) in interfaces.enumerated() {
            guard let mac = MACAddress(interface.hardwareAddress) else { continue }
            let known = position == 0 ? configured : []
            let start = GuestAddresses(
                mac: mac, ipv4: known.compactMap(IPv4Address.init(_:)), ipv6: known.compactMap(IPv6Address.init(_:)))
            do throws(SystemError) {
                learners.append(Learner(try AddressLearner.start(on: interface.hostInterface, known: start)))
            } catch {
                Log.warning(
                    "The addresses of an interface cannot be learned",
                    ("REPLICACTL_INTERFACE", interface.hostInterface),
                    ("REPLICACTL_DETAIL", error.description))
            }
        }
        self.learners = learners
    }

    /// What is known now, as the backup is told.
    var interfaces: [GuestInterface] { learners.map { GuestInterface($0.watch.addresses) } }
}

extension GuestInterface {
    /// The form for the wire.
    init(_ addresses: GuestAddresses) {
        self.init(
            hardwareAddress: Array(Self.bytes(of: addresses.mac.rawValue).suffix(6)),
            ipv4: addresses.ipv4.map { Array(Self.bytes(of: UInt64($0.rawValue)).suffix(4)) },
            ipv6: addresses.ipv6.map { Self.bytes(of: $0.high) + Self.bytes(of: $0.low) })
    }

    /// The form for the announcement; what is not an address of its family is left out.
    var announced: GuestAddresses {
        GuestAddresses(
            mac: MACAddress(rawValue: Self.number(hardwareAddress[...])),
            ipv4: ipv4.filter { $0.count == 4 }.map { IPv4Address(rawValue: UInt32(Self.number($0[...]))) },
            ipv6: ipv6.filter { $0.count == 16 }.map {
                IPv6Address(high: Self.number($0[..<8]), low: Self.number($0[8...]))
            })
    }

    private static func bytes(of number: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
}
