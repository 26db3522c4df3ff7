/// The version of this program.
public enum Version {
    /// As [Semantic Versioning](https://semver.org) counts.
    public static let current = "0.1.0"
}
