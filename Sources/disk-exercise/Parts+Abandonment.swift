import DiskMirror
import Glibc
import SystemKit

extension Parts {
    /// Kills processes at bad moments, and cleans up after them: nothing is left, and the disk has lost nothing.
    func abandon(_ report: inout ExerciseReport) throws {
        let before = try Footprint.now()
        for how in Abandonment.allCases {
            let child = try ChildProcess.start(
                path: "/proc/self/exe", arguments: [Abandonment.word, how.rawValue],
                descriptors: [DescriptorPlan(source: STDERR_FILENO, target: STDERR_FILENO)])
            let ending = child.wait()
            guard ending == .signalled(SIGKILL) else {
                report.faults.append("abandonment \(how): the process ended otherwise: \(ending)")
                continue
            }
            if how == .afterBarrier { try model.writeAll() }
            if try EpochLayer.cleanUp(resource: Exercise.resource) { report.abandonedLayers += 1 }
            try checkLatest("abandonment \(how)", &report)
            let after = try Footprint.now()
            if after.devices != before.devices || after.loops != before.loops {
                report.faults.append("abandonment \(how) left something behind: \(before) became \(after)")
            }
        }
        if report.abandonedLayers != Abandonment.allCases.count {
            report.faults.append("abandonment: nothing to clean up")
        }
    }
}
