import Foundation
import LabKit

exit(Tool.run(Array(CommandLine.arguments.dropFirst())))
