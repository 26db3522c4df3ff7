import DiskMirror
import Glibc
import SystemKit

/// Puts a scratch device on the epoch layer, runs all parts, and takes it off again.
struct Exercise {
    static let resource = "disk-exercise"
    let options: ExerciseOptions

    func run() throws -> ExerciseReport {
        var report = ExerciseReport()
        if try EpochLayer.cleanUp(resource: Self.resource) { say("cleaned up after an earlier run") }
        try LayerDevice.find(resource: Self.resource)?.remove()
        let before = try Footprint.now()
        let device = try LayerDevice.create(resource: Self.resource, over: options.device)
        do {
            try parts(device, &report)
        } catch {
            _ = try? EpochLayer.cleanUp(resource: Self.resource)
            try? device.remove()
            throw error
        }
        try device.remove()
        let after = try Footprint.now()
        if after.devices != before.devices || after.loops != before.loops || after.descriptors != before.descriptors {
            report.faults.append("left behind: \(before) became \(after)")
        }
        return report
    }

    private func parts(_ device: LayerDevice, _ report: inout ExerciseReport) throws {
        let megabytes = min(options.megabytes, Int(device.sectors / 2048))
        let model = try DiskModel(path: device.path, megabytes: megabytes)
        try model.writeAll()
        let writers = try Writers(model, count: options.writers)
        defer { writers.end() }
        let parts = Parts(options: options, device: device, model: model, writers: writers)
        try parts.agree(&report)
        say("agreement: \(report.agreement)")
        try parts.endure(&report)
        try parts.overflow(&report)
        try parts.abandon(&report)
    }
}
