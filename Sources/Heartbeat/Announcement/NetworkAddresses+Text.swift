internal import Glibc

extension IPv4Address {
    /// Reads the dotted decimal form; anything else gives `nil`.
    ///
    /// - Parameter text: For example `192.0.2.1`.
    public init?(_ text: String) {
        var address = in_addr()
        guard inet_pton(AF_INET, text, &address) == 1 else { return nil }
        self.init(rawValue: UInt32(bigEndian: address.s_addr))
    }
}

extension IPv6Address {
    /// Reads the usual text form; anything else gives `nil`.
    ///
    /// - Parameter text: For example `2001:db8::1`.
    public init?(_ text: String) {
        var address = in6_addr()
        guard inet_pton(AF_INET6, text, &address) == 1 else { return nil }
        let halves = withUnsafeBytes(of: &address) {
            ($0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        }
        self.init(high: UInt64(bigEndian: halves.0), low: UInt64(bigEndian: halves.1))
    }
}
