/// Everything that stands in the way of protecting one domain; nothing is changed to find it out.
public struct CheckReport: Codable, Equatable, Sendable {
    /// The domain's name.
    public var domain: String
    /// Every obstacle that was found, on this host first; empty when the domain can be protected now.
    public var obstacles: [CommandError]
    /// What was looked at and found good, one short sentence each.
    public var passed: [String]

    /// Makes a report.
    public init(domain: String, obstacles: [CommandError], passed: [String] = []) {
        self.domain = domain
        self.obstacles = obstacles
        self.passed = passed
    }
}
