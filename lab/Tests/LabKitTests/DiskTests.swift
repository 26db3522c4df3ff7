import Foundation
import Testing

@testable import LabKit

@Suite struct DiskTests {
    private static let status = """
        version: 8.4.11 (api:1/proto:86-101)
        srcversion: B536C32A3EADA868561EFD9
         0: cs:VerifyS ro:Primary/Secondary ds:UpToDate/UpToDate C r-----
            ns:0 nr:0 dw:20480 dr:396660 al:13 bm:0 lo:0 pe:18 ua:6514 ap:0 ep:1 wo:f oos:19200
        	[=======>............] verified: 43.1% (153684/262144)K
        	finish: 0:00:07 speed: 21,692 (21,692) want: 409,600 K/sec
         1: cs:WFConnection ro:Secondary/Unknown ds:Inconsistent/DUnknown C r-----
            ns:0 nr:0 dw:0 dr:0 al:8 bm:0 lo:0 pe:0 ua:0 ap:0 ep:1 wo:f oos:261888
         2: cs:Unconfigured
        """

    @Test func eachDeviceHasItsOwnState() throws {
        let first = try #require(MirrorState(text: Self.status, minor: 0))
        #expect(first.description == "VerifyS Primary/Secondary UpToDate/UpToDate, 19200 KiB out of sync")
        #expect(!first.isInSync)
        #expect(first.written == 20_480)
        let second = try #require(MirrorState(text: Self.status, minor: 1))
        #expect(second.description == "WFConnection Secondary/Unknown Inconsistent/DUnknown, 261888 KiB out of sync")
        #expect(MirrorState(text: Self.status, minor: 2)?.disk == "Diskless")
        #expect(MirrorState(text: Self.status, minor: 3) == nil)
    }

    @Test func onlyAnIdlePairWithTheSameDataIsInSync() throws {
        let text = { (connection: String, disks: String, size: Int) in
            " 0: cs:\(connection) ro:Primary/Secondary ds:\(disks) C r-----\n    ns:0 oos:\(size)\n"
        }
        let isInSync = { (text: String) in MirrorState(text: text, minor: 0)?.isInSync == true }
        #expect(isInSync(text("Connected", "UpToDate/UpToDate", 0)))
        #expect(!isInSync(text("Connected", "UpToDate/UpToDate", 4)))
        #expect(!isInSync(text("SyncSource", "UpToDate/Inconsistent", 0)))
        #expect(!isInSync(text("WFConnection", "UpToDate/DUnknown", 0)))
    }

    @Test func differingBlocksAreReportedAsRanges() {
        let one = BlockSums(output: "a\nb\nc\nd\ne\nf\n")
        #expect(one.differences(from: one).isEmpty)
        #expect(one.differences(from: BlockSums(output: "a\nx\ny\nd\nz\nf\n")) == [1..<3, 4..<5])
        #expect(one.differences(from: BlockSums(output: "a\nb\nc\nd\n")) == [4..<6])
    }

    @Test func theHostsProgramSumsEveryBlock() throws {
        // Not on a file system in memory, which may refuse direct access.
        let file = "/var/tmp/replicactl-block-sums-\(getpid())"
        defer { unlink(file) }
        var content = Data(count: 600 * BlockSums.blockBytes)
        #expect(FileManager.default.createFile(atPath: file, contents: content))
        let program = ["python3", "-c", BlockSums.script, file]
        let before = BlockSums(output: try Command(program).run().output)
        #expect(before.sums.count == 600)
        content[300 * BlockSums.blockBytes + 17] = 1
        #expect(FileManager.default.createFile(atPath: file, contents: content))
        let after = BlockSums(output: try Command(program).run().output)
        #expect(after.differences(from: before) == [300..<301])
    }

    @Test func bothHostsHaveTheSameResource() {
        let text = MirroredDisk.second.configuration
        #expect(text.contains("resource r1 {\n"))
        #expect(text.contains("    device /dev/drbd1;\n    disk /dev/vdd;\n    meta-disk /dev/vde;\n"))
        #expect(text.contains("    on xen1 { address 10.78.0.1:7790; }\n    on xen2 { address 10.78.0.2:7790; }\n}\n"))
        #expect(MirroredDisk.first.specification == "phy:/dev/drbd0,xvda,w")
    }

    @Test func theResultOfFioIsRead() throws {
        let json = """
            fio: some warning
            {"fio version": "fio-3.33", "jobs": [{"jobname": "random", "error": 0, "write": {"bw_bytes": 1048576,
              "iops": 256.5, "clat_ns": {"min": 1, "max": 9500000, "percentile": {"50.000000": 2500000, "99.000000": 8000000}}}}]}
            """
        let result = try DiskJob.Result(json: json)
        #expect(result.throughput == 1 && result.writes == 256.5 && result.median == 2.5 && result.p99 == 8)
        #expect(result.longest == 9.5)
        #expect(throws: LabError.self) { try DiskJob.Result(json: "fio: no such file") }
        #expect(throws: LabError.self) { try DiskJob.Result(json: #"{"jobs": []}"#) }
    }

    @Test func aGuestWithDisksBootsTheImageThatCanUseThem() {
        var specification = GuestSpecification(name: "delta")
        let guest = Guest(name: "delta", number: 50)
        #expect(Lab.configuration(specification, guest: guest).contains("/initrd.img'\n"))
        specification.disks = MirroredDisk.allCases.map(\.specification)
        let text = Lab.configuration(specification, guest: guest)
        #expect(text.contains("/initrd-disk.img'\n"))
        #expect(text.contains("disk = [ 'phy:/dev/drbd0,xvda,w', 'phy:/dev/drbd1,xvdb,w' ]\n"))
    }

    @Test func theDatabaseClientsResultIsRead() throws {
        let json = """
            {"ok": true, "connected": true, "end": "signal", "committed_before": 7, "acknowledged": 12,
             "longest_commit_ns": 5, "first_wrong": null, "integrity": "OK checked", "digest": "OK 12 3",
             "digest_expected": "OK 12 3", "final_silence_ns": 1, "longest_silence": null, "silences": []}
            """
        let report = try JSONDecoder().decode(ClientReport.self, from: Data(json.utf8))
        #expect(report.acknowledged == 12 && report.committedBefore == 7 && report.digest == report.expectedDigest)
        #expect(GuestClient.progress(in: "progress wall_ns=2 acknowledged=42 sent=44 silent_ms=0", .database) == 42)
    }

    @Test func aMomentIsChosenByItsName() throws {
        let order = try #require(try ScenarioTool.Order(["disk-crash", "--moment", "backup-commit", "--rate", "30"]))
        #expect(order.choices == ["moment": "backup-commit"] && order.options["rate"] == 30)
        #expect(throws: LabError.self) { try ScenarioTool.Order(["disk-crash", "--moment", "noon"]) }
        let rounds = try #require(try ScenarioTool.Order(["disk-agreement", "--rounds", "50", "--disks", "2"]))
        #expect(rounds.options["rounds"] == 50 && rounds.options["disks"] == 2)
    }
}
