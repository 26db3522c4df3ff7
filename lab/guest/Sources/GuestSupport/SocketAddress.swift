package import Glibc

/// A numeric IPv4 or IPv6 address with a TCP port.
package struct SocketAddress: CustomStringConvertible {
    /// The version of the Internet Protocol.
    package enum Family: Equatable {
        /// IPv4.
        case version4
        /// IPv6.
        case version6
    }

    private var storage = sockaddr_storage()
    /// The version of the Internet Protocol of this address.
    package let family: Family

    private init(_ family: Family) {
        self.family = family
    }

    /// All addresses of this machine.
    ///
    /// For IPv6 this includes IPv4, as long as `IPV6_V6ONLY` is off.
    package static func any(_ family: Family, port: UInt16) -> SocketAddress {
        var address = SocketAddress(family)
        switch family {
        case .version4: address.store(sockaddr_in.self) { $0.sin_port = port.bigEndian }
        case .version6: address.store(sockaddr_in6.self) { $0.sin6_port = port.bigEndian }
        }
        return address
    }

    /// Reads a numeric address such as `10.77.0.50` or `fd77::50`; nil for anything else, host names included.
    package init?(numeric text: String, port: UInt16) {
        var version4 = in_addr()
        var version6 = in6_addr()
        if inet_pton(AF_INET, text, &version4) == 1 {
            self = .any(.version4, port: port)
            store(sockaddr_in.self) { $0.sin_addr = version4 }
        } else if inet_pton(AF_INET6, text, &version6) == 1 {
            self = .any(.version6, port: port)
            store(sockaddr_in6.self) { $0.sin6_addr = version6 }
        } else {
            return nil
        }
    }

    /// Reads the address that a command line gives.
    ///
    /// - Parameters:
    ///   - text: A numeric address.
    ///   - port: The TCP port.
    /// - Throws: ``CommandLineOptions/UsageError`` when `text` is not a numeric address.
    package init(option text: String, port: UInt16) throws(CommandLineOptions.UsageError) {
        guard let address = SocketAddress(numeric: text, port: port) else {
            throw CommandLineOptions.UsageError("ADDRESS must be a numeric IPv4 or IPv6 address: \(text)")
        }
        self = address
    }

    /// The address that a bound or connected socket has on this side.
    package static func local(of descriptor: borrowing FileDescriptor) throws(SystemError) -> SocketAddress {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor.raw, $0, &size) }
        }
        guard result == 0 else { throw SystemError(call: "getsockname") }
        var address = SocketAddress(storage.ss_family == sa_family_t(AF_INET) ? .version4 : .version6)
        address.storage = storage
        return address
    }

    /// The TCP port.
    package var port: UInt16 {
        // The port is at the same place in both families' structures.
        withUnsafeBytes(of: storage) { $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self).bigEndian }
    }

    package var description: String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
            let offset = family == .version4 ? 4 : 8
            withUnsafeBytes(of: storage) { bytes in
                let address = bytes.baseAddress.map { $0 + offset }
                _ = inet_ntop(protocolFamily, address, text.baseAddress, socklen_t(text.count))
            }
            let host = text.baseAddress.map { String(cString: $0) } ?? "?"
            return family == .version4 ? "\(host):\(port)" : "[\(host)]:\(port)"
        }
    }

    /// Makes a non-blocking TCP socket of this address's family.
    package func makeStreamSocket() throws(SystemError) -> FileDescriptor {
        let raw = socket(protocolFamily, Int32(SOCK_STREAM.rawValue), 0)
        guard raw >= 0 else { throw SystemError(call: "socket", subject: description) }
        let descriptor = FileDescriptor(owning: raw)
        try descriptor.makeNonBlocking()
        return descriptor
    }

    /// Calls `body` with the address as the socket calls want it.
    package func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        let size = family == .version4 ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
        return withUnsafePointer(to: storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(size)) }
        }
    }

    private var protocolFamily: Int32 { family == .version4 ? AF_INET : AF_INET6 }

    private mutating func store<Address>(_ type: Address.Type, _ change: (inout Address) -> Void) {
        storage.ss_family = sa_family_t(protocolFamily)
        withUnsafeMutableBytes(of: &storage) { bytes in
            var address = bytes.loadUnaligned(as: Address.self)
            change(&address)
            bytes.storeBytes(of: address, as: Address.self)
        }
    }
}
