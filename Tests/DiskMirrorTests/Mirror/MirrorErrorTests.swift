import Glibc
import SystemKit
import Testing

@testable import DiskMirror

@Suite struct MirrorErrorTests {
    @Test(arguments: [(1, true), (2, true), (3, true), (4, true), (101, true), (0, false), (-2, false), (127, false)])
    func yesIsWhatDRBDCallsSuccess(code: Int32, isYes: Bool) {
        #expect(MirrorAnswer(code: code, text: "").isYes == isYes)
    }

    @Test func aRefusalTellsTheOrderTheDeviceTheCodeAndTheKernelsWords() {
        let refusal = MirrorError.refused(
            action: "become secondary", on: "/dev/drbd3", answer: MirrorAnswer(code: -12, text: "held by blkback"))
        #expect(
            refusal.description
                == "/dev/drbd3: could not become secondary: DRBD says the device is open; close it, or end the guest that "
                + "uses it (code -12): held by blkback")
    }

    @Test func aCodeWithoutWordsIsStillTold() {
        #expect(MirrorAnswer(code: 170, text: "").description == "code 170")
    }

    @Test func aDeviceIsRecognisedByItsNumber() throws {
        #expect(try MirrorDevice(path: "x", device: 147 << 8 | 5).minor == 5)
        #expect(try MirrorDevice(path: "x", device: 0x1_0000 << 4 | 147 << 8 | 5).minor == 0x105)
    }

    @Test(arguments: ["/dev/null", "/"]) func anythingElseIsRefusedByName(path: String) {
        let failure = #expect(throws: MirrorError.self) { _ = try MirrorDevice(path: path) }
        #expect(failure == .notMirrored(path: path, major: 0, minor: 0))
    }

    @Test func aMissingDiskIsToldByItsPath() {
        let failure = #expect(throws: MirrorError.self) { _ = try MirrorDevice(path: "/dev/no-such-disk") }
        #expect(failure?.description == "could not look at the disk /dev/no-such-disk: stat: No such file or directory")
    }
}

/// A kernel without DRBD, as most machines that build this have.
@Suite(.enabled(if: access("/sys/module/drbd", F_OK) != 0)) struct MissingModuleTests {
    @Test func theStateCannotBeHadAndTheErrorSaysWhatToLoad() {
        let failure = #expect(throws: MirrorError.self) { _ = try MirrorTable.current() }
        #expect(failure == .moduleMissing)
        #expect(failure?.description.contains("modprobe drbd") == true)
    }

    @Test func anOrderFailsTheSameWay() {
        let failure = #expect(throws: MirrorError.self) {
            try MirrorControl().becomePrimary(minor: 0, before: Clock.monotonic + 10_000_000_000)
        }
        #expect(failure == .moduleMissing)
    }
}
