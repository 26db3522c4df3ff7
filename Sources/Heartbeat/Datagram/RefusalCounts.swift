/// How many datagrams were refused, for each reason; held in place, so that a copy in each report allocates nothing.
public struct RefusalCounts: Sendable {
    private var counts = [12 of UInt64](repeating: 0)

    /// Nothing refused yet.
    public init() {}

    /// The number refused for one reason.
    public internal(set) subscript(reason: DatagramRefusal) -> UInt64 {
        get { counts[Int(reason.rawValue) - 1] }
        set { counts[Int(reason.rawValue) - 1] = newValue }
    }
}

extension RefusalCounts: Equatable {
    /// Whether both counted the same.
    public static func == (left: RefusalCounts, right: RefusalCounts) -> Bool {
        DatagramRefusal.allCases.allSatisfy { left[$0] == right[$0] }
    }
}
