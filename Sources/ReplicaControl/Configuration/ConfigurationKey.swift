/// A section of the configuration whose defaults are those of `init()`.
protocol ConfigurationSection: Sendable {
    init()
    /// The section's name in the file.
    static var title: String { get }
    /// Every key that the section may hold, in the order of the documentation.
    static var keys: [ConfigurationKey<Self>] { get }
}

/// When a changed key is followed.
enum ConfigurationEffect: String, Sendable {
    /// At `replicactl reload`.
    case live
    /// When a domain is protected the next time.
    case protect = "next protect"
    /// When the services are started again.
    case restart
}

/// One key: its name, its description, and how its value gets into the section.
struct ConfigurationKey<Section: ConfigurationSection>: Sendable {
    let description: ConfigurationKeyDescription
    /// Puts a value into the section; returns what is wrong with the value, or `nil`.
    let assign: @Sendable (TomlNode, inout Section) -> String?
    /// Whether two sections agree on this key.
    let isSame: @Sendable (Section, Section) -> Bool

    /// Makes a key of a property.
    ///
    /// - Parameters:
    ///   - name: The name in the file, with the unit at its end.
    ///   - path: The property; its default is that of an empty section.
    ///   - kind: What values it takes.
    ///   - meaning: One phrase for the documentation.
    ///   - effect: When a change is followed.
    ///   - isRequired: Whether the file must set it.
    init<Value: Equatable & Sendable>(
        _ name: String, _ path: any WritableKeyPath<Section, Value> & Sendable, _ kind: ConfigurationValueKind<Value>,
        _ meaning: String, effect: ConfigurationEffect, isRequired: Bool = false
    ) {
        let defaultText = isRequired ? "(must be set)" : kind.text(Section()[keyPath: path])
        description = ConfigurationKeyDescription(
            section: Section.title, name: name, unit: kind.unit, defaultText: defaultText, allowed: kind.allowed,
            meaning: meaning, effect: effect, isRequired: isRequired)
        assign = { node, section in
            guard let value = kind.value(node) else { return kind.allowed }
            section[keyPath: path] = value
            return nil
        }
        isSame = { $0[keyPath: path] == $1[keyPath: path] }
    }
}

/// What the documentation says of one key.
struct ConfigurationKeyDescription: Equatable, Sendable {
    let section: String
    let name: String
    /// The unit, or an empty text.
    let unit: String
    /// The default as it is written in TOML.
    let defaultText: String
    /// What is allowed, as the end of "must be …".
    let allowed: String
    let meaning: String
    let effect: ConfigurationEffect
    let isRequired: Bool

    /// `section.name`, as messages call it.
    var path: String { "\(section).\(name)" }
}
