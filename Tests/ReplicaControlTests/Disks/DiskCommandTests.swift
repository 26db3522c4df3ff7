import DiskMirror
import ReplicaModel
import TestSupport
import Testing

@testable import ReplicaControl

@Suite struct DiskCommandTests {
    private func reason(_ arguments: [String], _ values: [String: String] = [:]) -> ReasonCode? {
        do throws(CommandError) {
            _ = try DiskVerb.parse(arguments, values: values)
            return nil
        } catch { return error.reason }
    }

    @Test func theVerbsTakeTheirArguments() throws {
        #expect(try DiskVerb.parse(["wrap", "r0"], values: [:]) == (.wrap, "r0"))
        #expect(try DiskVerb.parse(["status"], values: ["json": ""]) == (.status, nil))
        #expect(reason(["status", "r0"]) == nil)
        #expect(reason(["assemble"]) == nil)
        for wrong in [["wrap"], ["unwrap"], ["assemble", "r0"], ["warp", "r0"]] { #expect(reason(wrong) == .usage) }
        #expect(reason(["wrap", "r0"], ["json": ""]) == .usage)
    }

    @Test func theExitStatusesTellWhetherAnythingWasChanged() {
        #expect(ReasonCode.diskUnfit.exitStatus.rawValue == 115)
        #expect(ReasonCode.diskChangeFailed.exitStatus.rawValue == 116)
    }

    private static let report = DiskReport(disks: [
        DiskReport.Disk(
            resource: "r0", device: "/dev/drbd0", role: "Secondary", peerRole: "Primary", connection: "Connected",
            disk: "UpToDate", peerDisk: "UpToDate", lower: "/dev/mapper/replicactl-r0",
            layer: .init(
                state: .armed,
                logs: [
                    .init(usedBytes: 1_572_864, boundBytes: 134_217_728),
                    .init(usedBytes: 16_384, boundBytes: 134_217_728),
                ]), journalPending: false, obstacles: [], warnings: []),
        DiskReport.Disk(
            resource: "r1", device: "/dev/drbd1", role: "Primary", peerRole: "Secondary", connection: "SyncSource",
            disk: "UpToDate", peerDisk: "Inconsistent", lower: "/dev/vdd", resyncPercent: 41.7,
            layer: .init(state: .none, logs: []), journalPending: true,
            obstacles: [
                .init(
                    problem: "volume 0 is being resynced to the peer, 41.7 % done",
                    advice: "wait for its end; protection begins then")
            ],
            warnings: [
                "/etc/drbd.d/global_common.conf: the handler fence-peer lets a primary go on alone that the controller holds: remove it"
            ]),
    ])

    @Test func theStatusInWords() throws {
        try Repository.expect(Self.report.text, equals: "Tests/Golden/operator/disk-status.txt")
        #expect(DiskReport(disks: []).text.contains("No DRBD resource"))
    }

    @Test func theDocumentedStatusIsThatOfTheCode() throws {
        let json = "```json\n" + (try JSONLine.encodeForReaders(Self.report)) + "```\n"
        try Repository.expect(json, equalsSection: "disk-status", of: "docs/disks.md")
    }

    @Test func aLostUndoLogHasNoNumbers() {
        #expect(DiskReport.log(.invalid) == DiskReport.Log(usedBytes: nil, boundBytes: nil))
    }
}
