import DiskMirror
import ReplicaModel
import SystemKit

extension Parts {
    /// Places many barriers, the first half with no writer, and looks for what they leave behind.
    func endure(_ report: inout ExerciseReport) throws {
        try model.writeAll()
        let before = try Footprint.now()
        var layer = try arm()
        let half = UInt64(options.barriers) / 2
        let quiet = try epochs(1...max(half, 1), &layer) {}
        writers.go()
        let busy = try epochs(max(half, 1) + 1...max(half, 1) * 2, &layer) { Clock.sleep(milliseconds: 5) }
        try writers.pause()
        if try layer.logs().contains(where: { $0.fill == .invalid }) {
            report.faults.append("endurance: an undo log became invalid; give it more memory")
        }
        try layer.disarm()
        try checkLatest("endurance", &report)
        let after = try Footprint.now()
        if after.devices != before.devices || after.loops != before.loops || after.descriptors != before.descriptors {
            report.faults.append("endurance left something behind: \(before) became \(after)")
        }
        if after.sharedKilobytes > before.sharedKilobytes + 1024 {
            report.faults.append("endurance: memory was not given back: \(before) became \(after)")
        }
        report.endurance = ExerciseReport.Endurance(
            withoutWrites: quiet, underWrites: busy, before: before, after: after)
    }

    private func epochs(
        _ numbers: ClosedRange<UInt64>, _ layer: inout EpochLayer, pause: () -> Void
    ) throws -> ExerciseReport.Steps {
        var barriers: [UInt64] = []
        var commits: [UInt64] = []
        var preparations: [UInt64] = []
        for number in numbers {
            pause()
            let epoch = Epoch(rawValue: number)
            let begin = Clock.monotonic
            try layer.barrier(epoch)
            let placed = Clock.monotonic
            try layer.prepareNext()
            let prepared = Clock.monotonic
            try layer.commit(epoch)
            commits.append(Clock.monotonic - prepared)
            preparations.append(prepared - placed)
            barriers.append(placed - begin)
        }
        return ExerciseReport.Steps(
            barrier: .init(barriers), commit: .init(commits), preparation: .init(preparations))
    }
}
