/// Why DRBD holds all requests of a resource; empty when it does not.
public struct MirrorSuspension: OptionSet, Equatable, Sendable, CustomStringConvertible {
    /// The bits.
    public let rawValue: UInt8

    /// Takes bits over.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Somebody ordered it (`drbdadm suspend-io`).
    public static let byOrder = MirrorSuspension(rawValue: 1)
    /// No usable copy can be reached.
    public static let withoutData = MirrorSuspension(rawValue: 2)
    /// The peer was lost, and the fencing policy holds writes until someone decides.
    public static let byFencing = MirrorSuspension(rawValue: 4)

    /// DRBD's words, with commas; "no" when nothing is held.
    public var description: String {
        let words = [(MirrorSuspension.byOrder, "user"), (.withoutData, "no-data"), (.byFencing, "fencing")]
        let held = words.filter { contains($0.0) }.map(\.1)
        return held.isEmpty ? "no" : held.joined(separator: ",")
    }
}
