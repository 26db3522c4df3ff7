/// Says what a reload of the configuration has changed, and what waits.
enum ReloadText {
    /// The sentence for the operator.
    ///
    /// - Parameters:
    ///   - restart: The changed keys that wait for a restart of the services.
    ///   - protection: Those that hold for what is protected from now on.
    /// - Returns: What is in force, and what is not.
    static func message(restart: [String], protection: [String]) -> String {
        guard !restart.isEmpty || !protection.isEmpty else { return "the configuration is in force" }
        var parts: [String] = []
        if !restart.isEmpty {
            parts.append("what waits for a restart of the services: " + restart.joined(separator: ", "))
        }
        if !protection.isEmpty {
            parts.append(
                "what running protections do not follow until they are made anew: " + protection.joined(separator: ", ")
            )
        }
        return "the configuration is in force, but for " + parts.joined(separator: "; and for ")
    }
}
