import Foundation
import LabKit

exit(ScenarioTool.run(Array(CommandLine.arguments.dropFirst())))
