/// One network interface of a guest, and the addresses that the backup announces for it after a failover.
public struct GuestInterface: Equatable, Sendable {
    /// The most interfaces of one message.
    public static let interfaceLimit = 32
    /// The most addresses of each family on one interface.
    public static let addressLimit = 64

    /// Six bytes.
    public var hardwareAddress: [UInt8]
    /// Four bytes each, as on the wire.
    public var ipv4: [[UInt8]]
    /// Sixteen bytes each, as on the wire.
    public var ipv6: [[UInt8]]

    /// Makes an interface.
    public init(hardwareAddress: [UInt8], ipv4: [[UInt8]], ipv6: [[UInt8]]) {
        self.hardwareAddress = hardwareAddress
        self.ipv4 = ipv4
        self.ipv6 = ipv6
    }

    private init(from payload: inout PayloadReader) throws(StreamError) {
        hardwareAddress = try payload.raw(6)
        ipv4 = try Self.readAddresses(from: &payload, .ipv4, size: 4)
        ipv6 = try Self.readAddresses(from: &payload, .ipv6, size: 16)
    }

    static func readAll(from payload: inout PayloadReader) throws(StreamError) -> [GuestInterface] {
        var interfaces: [GuestInterface] = []
        for _ in 0..<(try payload.count(.interfaces, limit: interfaceLimit)) {
            interfaces.append(try GuestInterface(from: &payload))
        }
        return interfaces
    }

    static func write(_ interfaces: [GuestInterface], to payload: inout PayloadWriter) throws(StreamError) {
        try payload.count(interfaces.count, .interfaces, limit: interfaceLimit)
        for interface in interfaces {
            try payload.raw(interface.hardwareAddress, .hardwareAddress, size: 6)
            try writeAddresses(interface.ipv4, to: &payload, .ipv4, size: 4)
            try writeAddresses(interface.ipv6, to: &payload, .ipv6, size: 16)
        }
    }

    private static func readAddresses(
        from payload: inout PayloadReader, _ field: MessageField, size: Int
    ) throws(StreamError) -> [[UInt8]] {
        var addresses: [[UInt8]] = []
        for _ in 0..<(try payload.count(field, limit: addressLimit)) { addresses.append(try payload.raw(size)) }
        return addresses
    }

    private static func writeAddresses(
        _ addresses: [[UInt8]], to payload: inout PayloadWriter, _ field: MessageField, size: Int
    ) throws(StreamError) {
        try payload.count(addresses.count, field, limit: addressLimit)
        for address in addresses { try payload.raw(address, field, size: size) }
    }
}
