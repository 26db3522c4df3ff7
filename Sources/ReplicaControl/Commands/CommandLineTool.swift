internal import ReplicaModel
internal import SystemKit

/// The whole command line: parses it, runs the command, and turns an error into words and an exit status.
public enum CommandLineTool {
    /// Runs the command of the process.
    ///
    /// - Parameters:
    ///   - arguments: The command line without the program's name.
    ///   - services: What the service commands start.
    /// - Returns: The exit status.
    public static func run(_ arguments: [String], services: ServiceEntries) -> Int32 {
        // The helper's arguments are its own, and it must do nothing but its errand.
        if arguments.first == "toolstack-helper" { return services.toolstackHelper(Array(arguments.dropFirst())) }
        return run(arguments, services: services, output: .standard(), facts: .current()).rawValue
    }

    static func run(
        _ arguments: [String], services: ServiceEntries, output: CommandOutput, facts: HostFacts
    ) -> ExitStatus {
        var usage = "replicactl COMMAND [OPTION...] [ARGUMENT]"
        do throws(CommandError) {
            let (command, rest) = try split(arguments)
            usage = command.usage
            let scan = try options(rest, command)
            if scan.values["help"] != nil {
                output.out(command.name == "help" ? HelpText.overview : HelpText.text(of: command))
                return .success
            }
            guard command.argumentCount.contains(scan.arguments.count) else {
                let isMissing = scan.arguments.count < command.argumentCount.lowerBound
                let problem =
                    isMissing ? "\(command.arguments) is missing" : "\"\(scan.arguments.last ?? "")\" is one too many"
                throw CommandError(.usage, "\(command.name): \(problem)")
            }
            let runner = CommandRunner(
                output: output, facts: facts, services: services, values: scan.values, arguments: scan.arguments)
            return try runner.run(command)
        } catch {
            report(error, usage: usage, output: output)
            return error.exitStatus
        }
    }

    /// Finds the command; `--help` and `--version` stand for the commands of that name.
    private static func split(_ arguments: [String]) throws(CommandError) -> (CommandDescription, [String]) {
        let global = [OptionScan.Option("help", takesValue: false), OptionScan.Option("version", takesValue: false)]
        let scan: OptionScan
        do {
            scan = try OptionScan(arguments, options: global, inOrder: true)
        } catch {
            throw usageError(error)
        }
        let name =
            scan.values["help"] != nil ? "help" : scan.values["version"] != nil ? "version" : scan.arguments.first
        guard let name else { throw CommandError(.usage, "a command is missing") }
        guard let command = CommandTable.find(name) else {
            let names = CommandTable.all.filter { $0.audience != .itself }.map(\.name)
            throw CommandError(.usage, "there is no command \"\(name)\"\(Spelling.suggestion(for: name, among: names))")
        }
        let isGlobal = scan.values["help"] != nil || scan.values["version"] != nil
        return (command, isGlobal ? scan.arguments : Array(scan.arguments.dropFirst()))
    }

    private static func options(
        _ arguments: [String], _ command: CommandDescription
    ) throws(CommandError) -> OptionScan {
        do {
            return try OptionScan(arguments, options: command.scanOptions)
        } catch {
            throw usageError(error)
        }
    }

    private static func usageError(_ failure: OptionScan.Failure) -> CommandError {
        switch failure {
        case .unknown(let option): CommandError(.usage, "the option \"\(option)\" is not known, or takes no value")
        case .missingValue(let option): CommandError(.usage, "the option \"\(option)\" needs a value")
        }
    }

    private static func report(_ error: CommandError, usage: String, output: CommandOutput) {
        var text = "replicactl: \(error.message)"
        if error.reason == .usage {
            text += "\nusage: \(usage)\n`replicactl help` explains every command"
        } else {
            text += " (\(error.reason.rawValue))"
            if !error.hint.isEmpty { text += "\n  \(error.hint)" }
        }
        output.error(text + "\n")
    }
}
