import Testing

@testable import DiskMirror

@Suite struct DeviceTargetTests {
    private static let disk = BlockDeviceNumber(major: 254, minor: 16)

    @Test(arguments: [
        (DeviceTarget.linear(disk), "linear", "254:16 0"),
        (.snapshotOrigin(disk), "snapshot-origin", "254:16"),
        (
            .snapshot(of: disk, store: BlockDeviceNumber(major: 7, minor: 2), chunkSectors: 16), "snapshot",
            "254:16 7:2 P 16"
        ),
    ])
    func isWrittenAndReadAsTheKernelHasIt(target: DeviceTarget, kind: String, parameters: String) {
        #expect(target.kind == kind)
        #expect(target.parameters == parameters)
        #expect(DeviceTarget(kind: kind, parameters: parameters) == target)
    }

    @Test(arguments: [
        ("linear", "254:16 2048"), ("linear", "254:16"), ("linear", "/dev/sda 0"),
        ("snapshot-merge", "254:16 7:2 P 16"),
        ("snapshot", "254:16 7:2 N 16"), ("snapshot-origin", "254"), ("snapshot-origin", "-1:2"), ("", ""),
    ])
    func isNotReadFromWhatWeDoNotWrite(kind: String, parameters: String) {
        #expect(DeviceTarget(kind: kind, parameters: parameters) == nil)
    }

    @Test(arguments: [
        ("64/2048 16", UndoLogState.Fill.valid(usedBytes: 32768, boundBytes: 1_048_576)),
        ("2048/2048 32", .valid(usedBytes: 1_048_576, boundBytes: 1_048_576)), ("Invalid", .invalid),
        ("Overflow", .invalid), ("Merge failed", .invalid), ("", .invalid), ("3/0 1", .invalid), ("9/8 1", .invalid),
        ("1/99999999999999999999 1", .invalid), ("1/18446744073709551615 1", .invalid),
    ])
    func tellsTheFillOfASnapshot(status: String, fill: UndoLogState.Fill) {
        #expect(UndoLogState.Fill(status: status) == fill)
    }

    @Test func takesOnlyNamesThatAreSafeInDevicesAndFiles() {
        for name in ["r0", "web-1.data", "a", "_x", String(repeating: "a", count: 64)] {
            #expect(throws: Never.self) { try ResourceName.check(name) }
        }
        for name in ["", ".", "..", "-r", "a/b", "a b", "ä", String(repeating: "a", count: 65)] {
            #expect(throws: EpochLayerError.badName(name)) { try ResourceName.check(name) }
        }
    }

    @Test func keepsTheNamesOfLayersAndLogsApart() {
        #expect(!ResourceName.undo("a", slot: 0).hasPrefix(ResourceName.layerPrefix))
        #expect(!ResourceName.layer("undo-a-0").hasPrefix(ResourceName.undoPrefix))
    }
}
