import Heartbeat
import SystemKit
import Testing

@Suite struct AnnouncementThreadTests {
    private let guest = GuestAddresses(mac: MACAddress(rawValue: 0x0016_3e01_0203))

    @Test func anAbsentBridgeIsNamedInTheError() {
        #expect {
            _ = try AddressAnnouncer.start(announcing: [guest], on: "no-such-bridge")
        } throws: { error in
            "\(error)".contains("no-such-bridge")
        }
    }

    @Test func anAbsentInterfaceIsNamedInTheError() {
        #expect {
            _ = try AddressLearner.start(on: "no-such-vif.0", known: guest)
        } throws: { error in
            "\(error)".contains("no-such-vif.0")
        }
    }
}
