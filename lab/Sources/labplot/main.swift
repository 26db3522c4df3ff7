import Foundation
import LabKit

exit(PlotTool.run(Array(CommandLine.arguments.dropFirst())))
