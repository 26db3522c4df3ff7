// Tells the network where guests are after they were activated here, and keeps the later rounds going.

internal import CheckpointStream
internal import Heartbeat
internal import Synchronization
internal import SystemKit
internal import Telemetry
internal import XenToolstack

/// The announcements that are under way on this host.
final class Announcements: Sendable {
    private final class Rounds: Sendable {
        let announcer: AddressAnnouncer

        init(_ announcer: consuming AddressAnnouncer) { self.announcer = announcer }
    }

    private let running = Mutex<[Rounds]>([])
    /// Announcers of this many domains' bridges are kept; older ones are long done.
    private static let most = 64

    /// Sends the first round for a domain's interfaces at once, and the others in the background.
    ///
    /// - Parameters:
    ///   - interfaces: Where the domain's interfaces are on this host.
    ///   - addresses: What the primary knew of them.
    ///   - schedule: When to send.
    func begin(
        interfaces: [GuestFacts.NetworkInterface], addresses: [GuestInterface], schedule: AnnouncementSchedule
    ) {
        let known = Dictionary(addresses.map { ($0.announced.mac, $0.announced) }) { first, _ in first }
        var bridges: [String: [GuestAddresses]] = [:]
        for interface in interfaces {
            guard let bridge = interface.bridge, let mac = MACAddress(interface.hardwareAddress) else { continue }
            bridges[bridge, default: []].append(known[mac] ?? GuestAddresses(mac: mac))
        }
        for (bridge, guests) in bridges {
            do throws(SystemError) {
                let rounds = Rounds(
                    try AddressAnnouncer.start(announcing: guests, on: bridge, schedule: schedule))
                running.withLock { list in
                    list.append(rounds)
                    if list.count > Self.most { list.removeFirst() }
                }
            } catch {
                Log.warning(
                    "Addresses could not be announced", ("REPLICACTL_INTERFACE", bridge),
                    ("REPLICACTL_DETAIL", error.description))
            }
        }
    }
}
