/// Everything that `replicactl help` prints, made of the command table.
enum HelpText {
    static let lineWidth = 80

    /// The list of commands.
    static var overview: String {
        """
        replicactl \(Version.current): keeps Xen guests running when their host dies

        usage: replicactl COMMAND [OPTION...] [ARGUMENT]

        commands:
        \(list(of: .operators))

        services, started by systemd:
        \(list(of: .services))

        `replicactl help COMMAND` explains a command, `replicactl help exit-status` the
        exit statuses. The manual page is replicactl(8).

        """
    }

    /// One command in full.
    static func text(of command: CommandDescription) -> String {
        var lines = ["usage: \(command.usage)", "", "\(capitalized(command.summary))."]
        for paragraph in command.details { lines += [""] + wrap(paragraph, indent: 0) }
        if !command.options.isEmpty {
            lines += ["", "options:"]
            for option in command.options + [.init(name: "help", value: nil, help: "print this text")] {
                lines += entry(optionName(option), option.help, column: 18)
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The exit statuses.
    static var exitStatuses: String {
        var lines = ["exit statuses:"]
        for status in ExitStatus.allCases { lines += entry(String(status.rawValue), status.meaning, column: 7) }
        return lines.joined(separator: "\n") + "\n"
    }

    static func optionName(_ option: CommandDescription.Option) -> String {
        "--\(option.name)\(option.value.map { " " + $0 } ?? "")"
    }

    static func capitalized(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }

    private static func list(of audience: CommandDescription.Audience) -> String {
        CommandTable.all.filter { $0.audience == audience }.flatMap { command in
            entry(
                [command.name, command.arguments].filter { !$0.isEmpty }.joined(separator: " "), command.summary,
                column: 30)
        }.joined(separator: "\n")
    }

    /// A name, and its text from a column on.
    private static func entry(_ name: String, _ text: String, column: Int) -> [String] {
        let start = "  \(name)"
        let indent = String(repeating: " ", count: column)
        guard start.count + 2 <= column else { return [start] + wrap(text, indent: column) }
        var lines = wrap(text, indent: column)
        lines[0] = start + indent.dropFirst(start.count) + lines[0].dropFirst(column)
        return lines
    }

    private static func wrap(_ text: String, indent: Int) -> [String] {
        let margin = String(repeating: " ", count: indent)
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty && indent + line.count + 1 + word.count > lineWidth {
                lines.append(margin + line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return lines + [margin + line]
    }
}
