/// Where one member of the etcd cluster listens for clients.
public struct WitnessEndpoint: Equatable, Sendable, CustomStringConvertible {
    /// Whether the connection is encrypted and both sides are verified.
    public let isSecure: Bool
    /// The address as a URL without a path.
    public let description: String

    /// Reads an endpoint.
    ///
    /// - Parameter text: `http://` or `https://`, a host name, IPv4 address or IPv6 address in brackets, a colon and
    ///   the port; nothing else.
    /// - Throws: ``WitnessError/badConfiguration(_:)``.
    public init(_ text: String) throws(WitnessError) {
        let error = WitnessError.badConfiguration(
            "the endpoint \"\(text)\" is not of the form http://HOST:PORT or https://HOST:PORT; correct it")
        let rest: Substring
        if text.hasPrefix("https://") {
            isSecure = true
            rest = text.dropFirst("https://".count)
        } else if text.hasPrefix("http://") {
            isSecure = false
            rest = text.dropFirst("http://".count)
        } else {
            throw error
        }
        guard let colon = rest.lastIndex(of: ":"), let port = UInt16(rest[rest.index(after: colon)...]), port > 0,
            !rest.contains("+")
        else { throw error }
        let host = rest[..<colon]
        let isLiteral = host.hasPrefix("[") && host.hasSuffix("]") && host.count > 2
        let isValid =
            isLiteral
            ? host.dropFirst().dropLast().allSatisfy { $0 == ":" || $0 == "." || ($0.isASCII && $0.isHexDigit) }
            : WitnessRecord.isName(host)
        guard isValid else { throw error }
        description = text
    }
}
