import DiskMirror

/// What the parts of the exercise share.
struct Parts {
    let options: ExerciseOptions
    let device: LayerDevice
    let model: DiskModel
    let writers: Writers

    func arm(storeMegabytes: Int? = nil) throws -> EpochLayer {
        try EpochLayer.arm(
            resource: Exercise.resource, chunkSectors: UInt32(options.chunkSectors),
            storeBytes: UInt64(storeMegabytes ?? options.storeMegabytes) << 20)
    }

    /// Checks that the device has the last version of everything.
    func checkLatest(_ part: String, _ report: inout ExerciseReport) throws {
        let wrong = try model.wrongSectors(model.allCompleted(), model.allBegun())
        if wrong > 0 { report.faults.append("\(part): \(wrong) sectors have lost their last write") }
    }
}
