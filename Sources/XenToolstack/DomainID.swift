/// A domain's number on this host: it changes at every start, so it never leaves the host.
public struct DomainID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Xen's number, 0 for the control domain.
    public let rawValue: UInt32

    /// Makes a domain number.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The domain that the controller runs in.
    public static let control = DomainID(rawValue: 0)

    /// Orders domains by their number.
    public static func < (left: DomainID, right: DomainID) -> Bool { left.rawValue < right.rawValue }

    /// The decimal number.
    public var description: String { String(rawValue) }

    /// The domain's home in xenstore.
    var path: String { "/local/domain/\(rawValue)" }
}
