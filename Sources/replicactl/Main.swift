import Glibc
import ReplicaControl
import XenToolstack

@main enum Main {
    static func main() { exit(run()) }

    // An ordinary function: closures that are written in main() would be bound to the main actor.
    nonisolated private static func run() -> Int32 {
        let services = ServiceEntries(
            controller: ControllerService.run, heartbeat: HeartbeatEntry.run,
            heartbeatGaveUp: HeartbeatEntry.giveUp, toolstackHelper: ToolstackHelperProcess.main)
        return CommandLineTool.run(Array(CommandLine.arguments.dropFirst()), services: services)
    }
}
