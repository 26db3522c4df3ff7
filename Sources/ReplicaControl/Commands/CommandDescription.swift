internal import SystemKit

/// One subcommand: how it is called, and everything that help and the manual page say of it.
struct CommandDescription: Sendable {
    /// An option with its help.
    struct Option: Sendable {
        let name: String
        /// What stands for the value in the help, or `nil` for an option without one.
        let value: String?
        let help: String
    }

    /// Who calls it.
    enum Audience: Sendable {
        case operators
        /// systemd units.
        case services
        /// replicactl itself; not shown in the list.
        case itself
    }

    let name: String
    /// What stands for the arguments in the help, such as `<domU>`.
    let arguments: String
    /// How many arguments there must be.
    let argumentCount: ClosedRange<Int>
    /// One phrase for the list.
    let summary: String
    /// Full sentences, one paragraph each.
    let details: [String]
    let options: [Option]
    let audience: Audience

    /// `replicactl protect [--to HOST] [--config FILE] <domU>`.
    var usage: String {
        let options = options.map { option in "[--\(option.name)\(option.value.map { " " + $0 } ?? "")]" }
        return (["replicactl", name] + options + (arguments.isEmpty ? [] : [arguments])).joined(separator: " ")
    }

    var scanOptions: [OptionScan.Option] {
        options.map { OptionScan.Option($0.name, takesValue: $0.value != nil) } + [
            OptionScan.Option("help", takesValue: false)
        ]
    }
}
