import Glibc
import ReplicaModel
import Testing

@testable import DiskMirror

@Suite struct EpochLayerErrorTests {
    @Test(arguments: [
        (EPERM, "run as root"), (EBUSY, "something else uses it"), (ENXIO, "loop, dm_mod and dm_snapshot"),
        (EIO, "the kernel's log"),
    ])
    func saysWhatWasTriedOnWhatAndWhatToDo(code: Int32, advice: String) {
        let error = EpochLayerError.deviceMapper(action: "resume", device: "replicactl-r0", code: code, message: "")
        #expect(error.description.hasPrefix("could not resume the device replicactl-r0: "))
        #expect(error.description.contains(advice))
    }

    @Test func namesTheObjectOfASystemCall() {
        #expect(throws: EpochLayerError.self) { _ = try BlockDeviceNumber(path: "/dev/null") }
        do throws(EpochLayerError) { _ = try BlockDeviceNumber(path: "/dev/null") } catch {
            #expect(error == .system(action: "find the block device", object: "/dev/null", code: ENOTBLK))
        }
    }
}
