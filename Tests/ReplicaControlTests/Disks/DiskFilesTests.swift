import Glibc
import ReplicaModel
import SystemKit
import TestSupport
import Testing

@testable import ReplicaControl

@Suite struct DiskFilesTests {
    private let folder: TemporaryDirectory
    private let boot: BootFiles
    private let files: ResourceFiles

    init() throws {
        folder = try TemporaryDirectory()
        boot = BootFiles(root: folder.path)
        files = ResourceFiles(root: folder.path)
        for name in ["/etc", "/etc/drbd.d"] { mkdir(folder.path + name, 0o755) }
    }

    private func put(_ name: String, _ text: String, mode: UInt32 = 0o644) throws {
        try DurableFile.replace(folder.path + name, with: Array(text.utf8), mode: mode)
    }

    private func text(_ name: String) throws -> String {
        String(decoding: try FileDescriptor.contents(of: folder.path + name, atMost: 1 << 16), as: UTF8.self)
    }

    @Test func aBootFileHasOneLineForAllToRead() throws {
        #expect(try boot.backing(of: "r0") == nil)
        try boot.write("/dev/vg/guest", of: "r0")
        #expect(try text("/etc/replicactl/disks.d/r0") == "/dev/vg/guest\n")
        var facts = stat()
        #expect(stat(boot.path(of: "r0"), &facts) == 0 && facts.st_mode & 0o777 == 0o644)
        #expect(try boot.backing(of: "r0") == "/dev/vg/guest")
        #expect(boot.resources() == ["r0"])
        try boot.remove("r0")
        try boot.remove("r0")
        #expect(boot.resources().isEmpty)
    }

    @Test(arguments: ["", "\n", "vdb\n", "/dev/vdb\n/dev/vdc\n", "/dev/vdb /dev/vdc\n"])
    func aBootFileWithAnythingElseIsRefused(content: String) throws {
        try boot.write("/dev/vdb", of: "r0")
        try put("/etc/replicactl/disks.d/r0", content)
        #expect(throws: SystemError.self) { try boot.backing(of: "r0") }
    }

    @Test func whatAnEditorLeavesIsNoBootFile() throws {
        try boot.write("/dev/vdb", of: "r0")
        for name in ["r1.new", ".r0.swp", "r0~"] { try put("/etc/replicactl/disks.d/\(name)", "/dev/vdb\n") }
        #expect(boot.resources() == ["r0"])
    }

    @Test func aResourceIsFoundInTheOneFileThatHasIt() throws {
        try put("/etc/drbd.conf", "include \"drbd.d/*.res\";")
        try put("/etc/drbd.d/a.res", "resource r1 { disk /dev/vdc; }")
        try put("/etc/drbd.d/b.res", "resource r0 { disk /dev/vdb; }")
        try put("/etc/drbd.d/b.res.before-replicactl", "resource r0 { disk /dev/vdb; }")
        #expect(try files.file(of: "r0").path == folder.path + "/etc/drbd.d/b.res")
        #expect(throws: CommandError.self) { try files.file(of: "r9") }
        try put("/etc/drbd.conf", "resource r0 { disk /dev/vdb; }")
        #expect(throws: CommandError.self) { try files.file(of: "r0") }
    }

    @Test func aChangedFileKeepsItsRightsAndACopyOfTheFirst() throws {
        try put("/etc/drbd.d/r0.res", "resource r0 { disk /dev/vdb; }", mode: 0o640)
        for device in ["/dev/mapper/replicactl-r0", "/dev/vdb"] {
            let file = try files.file(of: "r0")
            let former = file.text.disks(of: "r0")[0]
            try files.replace(file, with: file.text.replacing(disk: former, of: "r0", by: device))
        }
        for name in ["/etc/drbd.d/r0.res", "/etc/drbd.d/r0.res.before-replicactl"] {
            #expect(try text(name) == "resource r0 { disk /dev/vdb; }")
            var facts = stat()
            #expect(stat(folder.path + name, &facts) == 0 && facts.st_mode & 0o777 == 0o640)
        }
        #expect(TemporaryDirectory.names(in: folder.path + "/etc/drbd.d").count == 2)
    }

    @Test func handlersThatMustNotBeAreNamedWithTheirFile() throws {
        try put("/etc/drbd.d/global_common.conf", "common { handlers { fence-peer \"/bin/true\"; } }")
        try put("/etc/drbd.d/r0.res", "resource r0 { disk /dev/vdb; handlers { split-brain \"/bin/true\"; } }")
        let warnings = files.warnings(on: "r0")
        #expect(warnings.count == 1)
        #expect(warnings.first?.contains("global_common.conf: the handler fence-peer") == true)
    }
}
