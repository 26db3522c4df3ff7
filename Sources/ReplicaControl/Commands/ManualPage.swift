/// The manual page replicactl(8), made of the command table.
enum ManualPage {
    static var text: String {
        var lines = [
            ".\\\" Made of the command table by a test; edit Sources/ReplicaControl/Commands/CommandTable.swift.",
            ".TH REPLICACTL 8 \"\" \"replicactl \(Version.current)\" \"System Administration\"", ".SH NAME",
            "replicactl \\- keeps Xen guests running when their host dies", ".SH SYNOPSIS",
            ".B replicactl", ".I COMMAND", "[OPTION...] [ARGUMENT]", ".SH DESCRIPTION",
            "Two Xen hosts, a primary and a backup, run replicactl in their control domain. A protected guest is",
            "checkpointed to the backup many times a second, its network output is held until the checkpoint that covers",
            "it is safe, and when the primary dies the backup resumes the guest with its connections alive.",
        ]
        for (title, audience) in [("COMMANDS", CommandDescription.Audience.operators), ("SERVICES", .services)] {
            lines.append(".SH \(title)")
            for command in CommandTable.all where command.audience == audience { lines += section(command) }
        }
        lines.append(".SH EXIT STATUS")
        for status in ExitStatus.allCases {
            lines += [".TP", ".B \(status.rawValue)", escaped(HelpText.capitalized(status.meaning)) + "."]
        }
        lines += [
            ".SH FILES", ".TP", ".I \(ConfigurationLoader.defaultPath)", "The configuration.", ".TP",
            ".I \(Configuration.Control().socket)", "The control socket, for root only.", ".TP",
            ".I \(Configuration.Storage().stateDirectory)", "Generations and running protections.", ".TP",
            ".I \(EventFiles.current(in: Configuration.Storage().stateDirectory))", "The event log.", ".SH SEE ALSO",
            ".BR xl (1),", ".BR systemctl (1),", ".BR journalctl (1)",
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    private static func section(_ command: CommandDescription) -> [String] {
        var lines = [".SS \(escaped(command.usage))", escaped(HelpText.capitalized(command.summary)) + "."]
        for paragraph in command.details { lines += [".PP", escaped(paragraph)] }
        for option in command.options {
            lines += [
                ".TP", ".B \(escaped(HelpText.optionName(option)))", escaped(HelpText.capitalized(option.help)) + ".",
            ]
        }
        return lines
    }

    /// Dashes as dashes, and no line that looks like a request.
    private static func escaped(_ text: String) -> String {
        text.map { $0 == "-" ? "\\-" : $0 == "\\" ? "\\e" : String($0) }.joined()
    }
}
