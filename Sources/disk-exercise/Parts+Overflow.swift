import DiskMirror
import ReplicaModel
import SystemKit

extension Parts {
    /// Writes more than a log can take: it must be found invalid and refused, and the disk must have lost nothing.
    func overflow(_ report: inout ExerciseReport) throws {
        try model.writeAll()
        var layer = try arm(storeMegabytes: 1)
        let epoch = Epoch(rawValue: 1)
        try layer.barrier(epoch)
        var fullest = 0.0
        var isInvalid = false
        let room = DiskModel.room()
        defer { room.deallocate() }
        for block in 0..<512 where !isInvalid {
            try model.write(block, count: 1, room: room)
            for log in try layer.logs() {
                isInvalid = log.fill == .invalid
                if !isInvalid { fullest = max(fullest, log.usedPart) }
            }
        }
        if !isInvalid { report.faults.append("overflow: two megabytes went into a log of one") }
        var wasRefused = false
        do throws(EpochLayerError) {
            _ = try layer.takeBack(
                to: epoch, generation: Generation(rawValue: 1), takeover: 1, journalFolder: "/tmp")
        } catch {
            wasRefused = error == .logInvalid(resource: Exercise.resource, epoch: epoch)
            say("overflow: \(error)")
        }
        if !wasRefused { report.faults.append("overflow: an invalid log was used") }
        try checkLatest("overflow", &report)
        report.overflow = ExerciseReport.Overflow(fullestBeforeInvalid: fullest, wasRefused: wasRefused)
    }
}
