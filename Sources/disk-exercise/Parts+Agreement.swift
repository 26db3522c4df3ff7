import DiskMirror
import Glibc
import ReplicaModel
import SystemKit

extension Parts {
    /// The versions that blocks may have after a failover to an epoch.
    private struct Bounds {
        var epoch: Epoch
        /// Completed before the barrier was called.
        var oldest: [UInt32]
        /// Begun before the barrier returned.
        var newest: [UInt32]
    }

    /// Fails over to a committed epoch again and again, and compares every byte with what it had at its barrier.
    func agree(_ report: inout ExerciseReport) throws {
        var template = Array("/tmp/disk-exercise-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError.last("mkdtemp") }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { rmdir(folder) }
        var times = Times()
        for _ in 0..<options.rounds { try agree(folder, &times, &report) }
        report.agreement.takeBack = .init(times.takeBack)
        report.agreement.rollback = .init(times.rollback)
        let wrong = report.agreement.wrongSectors
        if wrong > 0 { report.faults.append("agreement: \(wrong) sectors are not of the committed epoch") }
    }

    private struct Times {
        var takeBack: [UInt64] = []
        var rollback: [UInt64] = []
    }

    private func agree(_ folder: String, _ times: inout Times, _ report: inout ExerciseReport) throws {
        // So that no version that was taken back is within any bounds.
        try model.writeAll()
        var layer = try arm()
        var epoch = Epoch.none
        var committed: Bounds?
        writers.go()
        let count = Int.random(in: 1...8)
        for index in 1...count {
            Clock.sleep(milliseconds: UInt64.random(in: 1...120))
            epoch = epoch.next
            let bounds = try barrier(epoch, isQuiet: Bool.random(), &layer, &report)
            // Writes go on between a barrier and its commit, as between the suspension and the acknowledgement.
            Clock.sleep(milliseconds: UInt64.random(in: 0...60))
            if committed != nil, index < count, Int.random(in: 0..<5) == 0 {
                try layer.withdraw(after: epoch.rawValue > 1 ? Epoch(rawValue: epoch.rawValue - 1) : .none)
            } else if index == 1 || index < count || Bool.random() {
                try layer.commit(epoch)
                committed = bounds
            }
            if index < count { try layer.prepareNext() }
        }
        Clock.sleep(milliseconds: UInt64.random(in: 0...60))
        // As DRBD is disconnected before a failover.
        try writers.pause()
        guard let committed else { return }
        try failOver(consume layer, committed, folder, &times, &report)
    }

    private func barrier(
        _ epoch: Epoch, isQuiet: Bool, _ layer: inout EpochLayer, _ report: inout ExerciseReport
    ) throws -> Bounds {
        if isQuiet { try writers.pause() }
        let oldest = model.allCompleted()
        try layer.barrier(epoch)
        let newest = model.allBegun()
        if isQuiet { writers.go() }
        if isQuiet { report.agreement.quietBarriers += 1 } else { report.agreement.busyBarriers += 1 }
        return Bounds(epoch: epoch, oldest: oldest, newest: newest)
    }

    private func failOver(
        _ layer: consuming EpochLayer, _ bounds: Bounds, _ folder: String, _ times: inout Times,
        _ report: inout ExerciseReport
    ) throws {
        let begin = Clock.monotonic
        let generation = Generation(rawValue: UInt64(report.agreement.rounds + 1))
        let hasJournal = try layer.takeBack(
            to: bounds.epoch, generation: generation, takeover: generation.rawValue, journalFolder: folder)
        times.takeBack.append(Clock.monotonic - begin)
        // No DRBD is here, which would name the data.
        let identifiers = MirrorIdentifiers(current: 2, bitmap: 4, history: [], flags: 0)
        try UndoJournal.begin(of: Exercise.resource, in: folder, as: identifiers)
        let journal = try Rollback.pending(of: Exercise.resource, in: folder)
        if hasJournal != (journal != nil) { report.faults.append("agreement: a journal is missing or too many") }
        if let journal {
            report.agreement.takenBackBytes += journal.header.dataBytes
            if options.takesBack {
                let begin = Clock.monotonic
                try journal.apply(to: device.path, as: identifiers)
                times.rollback.append(Clock.monotonic - begin)
            } else {
                try UndoJournal.remove(of: Exercise.resource, in: folder)
            }
        }
        report.agreement.rounds += 1
        report.agreement.comparedBytes += UInt64(model.blocks * DiskModel.blockBytes)
        report.agreement.wrongSectors += try model.wrongSectors(bounds.oldest, bounds.newest)
    }
}
