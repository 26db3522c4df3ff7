// heartbeat-soak: two real heartbeat services in two network namespaces, while every processor is busy and both links
// are full. Counts false alarms, then measures how soon a killed service is noticed. For tests; not installed.

import Glibc
import Heartbeat
import SystemKit
import Telemetry

@main enum Main {
    static func main() { exit(run()) }

    // An ordinary function: closures that are written in main() would be bound to the main actor.
    nonisolated private static func run() -> Int32 {
        Log.setMinimumLevel(.error)
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            switch arguments.first {
            // What the soak starts of itself.
            case "service" where arguments.count == 3:
                return try Role.service(SoakSide(name: arguments[1]), directory: arguments[2])
            case "burn": return try Role.burn()
            case "flood" where arguments.count == 2: return try Role.flood(SoakSide(name: arguments[1]))
            default: return try Soak(options: SoakOptions(arguments)).run()
            }
        } catch let error as SoakError {
            say("heartbeat-soak: \(error)")
            return error.status
        } catch {
            say("heartbeat-soak: \(error)")
            return 70
        }
    }
}
