/// Some of the configured paths, by their index.
public struct PathSet: OptionSet, Hashable, Sendable {
    /// One bit a path.
    public let rawValue: UInt8

    /// Makes a set of its bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The set of one path.
    ///
    /// - Parameter index: The path's place in the configuration, in `0..<HeartbeatLimits.paths`.
    public init(path index: Int) { rawValue = 1 << UInt8(index) }
}
