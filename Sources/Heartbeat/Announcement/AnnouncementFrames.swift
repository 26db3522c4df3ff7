/// The frames that tell a link where a guest is now; they are pure bytes, and ``AddressAnnouncer`` sends them.
///
/// Every frame carries the guest's own Ethernet address as its source, so that each switch on its way learns the new port.
enum AnnouncementFrames {
    /// All frames of one round for one interface.
    ///
    /// IPv4 is announced in both forms. The request form is the one that RFC 5227 and keepalived use, and that every ARP
    /// cache updates an entry from; the reply form is for the stacks and firewalls that take updates from replies only.
    /// An interface without a known address still moves in the switches' tables by a RARP frame, as QEMU sends it.
    static func round(for guest: GuestAddresses) -> [[UInt8]] {
        let ipv4 = guest.ipv4.filter(\.isHostAddress).prefix(GuestAddresses.most)
        let ipv6 = guest.ipv6.filter(\.isHostAddress).prefix(GuestAddresses.most)
        if ipv4.isEmpty && ipv6.isEmpty { return [reverseRequest(guest.mac)] }
        return ipv4.flatMap { [addressRequest(guest.mac, $0), addressReply(guest.mac, $0)] }
            + ipv6.map { neighbourAdvertisement(guest.mac, $0, isRouter: guest.isRouter) }
    }

    /// Gratuitous ARP, request form: sender and target address are the same, target hardware address unknown (RFC 5227).
    static func addressRequest(_ mac: MACAddress, _ address: IPv4Address) -> [UInt8] {
        resolution(type: 0x0806, operation: 1, sender: (mac, address), target: (MACAddress(rawValue: 0), address))
    }

    /// Gratuitous ARP, reply form: the target hardware address is the sender's (RFC 5944, section 4.6).
    static func addressReply(_ mac: MACAddress, _ address: IPv4Address) -> [UInt8] {
        resolution(type: 0x0806, operation: 2, sender: (mac, address), target: (mac, address))
    }

    /// RARP "request reverse" about ourselves (RFC 903), with no protocol address.
    static func reverseRequest(_ mac: MACAddress) -> [UInt8] {
        let none = IPv4Address(rawValue: 0)
        return resolution(type: 0x8035, operation: 3, sender: (mac, none), target: (mac, none))
    }

    /// ARP and RARP have one layout (RFC 826).
    private static func resolution(
        type: UInt16, operation: UInt16, sender: (mac: MACAddress, address: IPv4Address),
        target: (mac: MACAddress, address: IPv4Address)
    ) -> [UInt8] {
        var frame = FrameWriter(to: .broadcast, from: sender.mac, type: type)
        frame.put(UInt16(1))  // hardware: Ethernet
        frame.put(UInt16(0x0800))  // protocol: IPv4
        frame.put(UInt8(6))
        frame.put(UInt8(4))
        frame.put(operation)
        frame.put(sender.mac)
        frame.put(sender.address.rawValue)
        frame.put(target.mac)
        frame.put(target.address.rawValue)
        frame.pad()
        return frame.bytes
    }

    /// Unsolicited neighbour advertisement to all nodes, with the override flag (RFC 4861, sections 4.4 and 7.2.6).
    ///
    /// The RFC asks for at most three, a second apart, to be polite. A takeover needs the first one to arrive soon, and the
    /// whole schedule has eight, so we follow QEMU and keepalived and not that rule.
    static func neighbourAdvertisement(_ mac: MACAddress, _ address: IPv6Address, isRouter: Bool) -> [UInt8] {
        let length: UInt16 = 32
        let override: UInt32 = 0x2000_0000
        let router: UInt32 = 0x8000_0000
        var frame = FrameWriter(
            to: MACAddress(rawValue: 0x3333_0000_0001), from: mac, type: 0x86dd)
        frame.put(UInt32(0x6000_0000))  // version 6, no class, no flow
        frame.put(length)
        frame.put(UInt8(58))  // ICMPv6
        frame.put(UInt8(255))  // a receiver refuses less: it shows that no router forwarded it
        frame.put(address)
        frame.put(IPv6Address.allNodes)
        let message = frame.bytes.count
        frame.put(UInt8(136))
        frame.put(UInt8(0))
        frame.put(UInt16(0))  // checksum, see below
        frame.put(isRouter ? override | router : override)
        frame.put(address)
        frame.put(UInt8(2))  // option: target link-layer address
        frame.put(UInt8(1))  // in units of 8 bytes
        frame.put(mac)
        let sum = checksum(frame.bytes[message...], source: address, destination: .allNodes)
        frame.patch(sum, at: message + 2)
        return frame.bytes
    }

    /// The Internet checksum of an ICMPv6 message with its pseudo-header (RFC 4443, section 2.3; RFC 8200, section 8.1).
    static func checksum(_ message: ArraySlice<UInt8>, source: IPv6Address, destination: IPv6Address) -> UInt16 {
        var sum = UInt64(message.count) + 58
        for half in [source.high, source.low, destination.high, destination.low] {
            for shift in stride(from: 48, through: 0, by: -16) { sum += half >> shift & 0xffff }
        }
        var high = true
        for byte in message {
            sum += high ? UInt64(byte) << 8 : UInt64(byte)
            high.toggle()
        }
        while sum > 0xffff { sum = (sum & 0xffff) + (sum >> 16) }
        return ~UInt16(sum)
    }
}
