import Testing

@testable import ReplicaControl

@Suite struct ResourceTextTests {
    private static let layer = "/dev/mapper/replicactl-r0"

    private func changed(_ text: String, _ former: String = "/dev/vdb", by device: String = layer) throws -> String {
        let file = try ResourceText(Array(text.utf8))
        return String(decoding: file.replacing(disk: former, of: "r0", by: device), as: UTF8.self)
    }

    @Test(arguments: [
        // Directly, in host sections, in volumes, with odd spaces.
        ("resource r0 { disk /dev/vdb; }", "resource r0 { disk /dev/mapper/replicactl-r0; }"),
        (
            "resource r0{on a{disk\t/dev/vdb ;}on b{disk\n/dev/vdb;}}",
            "resource r0{on a{disk\t/dev/mapper/replicactl-r0 ;}on b{disk\n/dev/mapper/replicactl-r0;}}"
        ),
        (
            "resource r0 { volume 0 { device minor 0; disk /dev/vdb; meta-disk /dev/vdc; } }",
            "resource r0 { volume 0 { device minor 0; disk /dev/mapper/replicactl-r0; meta-disk /dev/vdc; } }"
        ),
        // In quotation marks.
        (#"resource "r0" { disk "/dev/vdb"; }"#, #"resource "r0" { disk /dev/mapper/replicactl-r0; }"#),
        // Only what is a statement: not comments, not the section of options, not other words.
        (
            "resource r0 { # disk /dev/vdb;\n disk { on-io-error detach; } disk /dev/vdb;# disk /dev/vdb;\n}",
            "resource r0 { # disk /dev/vdb;\n disk { on-io-error detach; } disk /dev/mapper/replicactl-r0;# disk /dev/vdb;\n}"
        ),
        (
            #"resource r0 { net { shared-secret "disk /dev/vdb; }"; } disk /dev/vdb; }"#,
            #"resource r0 { net { shared-secret "disk /dev/vdb; }"; } disk /dev/mapper/replicactl-r0; }"#
        ),
        (
            #"resource r0 { net { shared-secret "a\"b{"; } disk /dev/vdb; }"#,
            #"resource r0 { net { shared-secret "a\"b{"; } disk /dev/mapper/replicactl-r0; }"#
        ),
        // Lines that end as on Windows, no line feed at the end, bytes that are no UTF-8 elsewhere.
        ("resource r0 {\r\n  disk /dev/vdb;\r\n}", "resource r0 {\r\n  disk /dev/mapper/replicactl-r0;\r\n}"),
    ])
    func changesTheStatementAndNothingElse(text: String, expected: String) throws {
        #expect(try changed(text) == expected)
        // And the way back; quotation marks that were not needed stay away.
        let plain = text.replacing(#"disk "/dev/vdb""#, with: "disk /dev/vdb")
        #expect(try changed(expected, Self.layer, by: "/dev/vdb") == plain)
    }

    @Test(arguments: [
        "resource r1 { disk /dev/vdb; }", "resource r0 { disk /dev/vdb1; }", "resource r0 { disk /dev/vd; }",
        "resource r0 { meta-disk /dev/vdb; }", "common { disk /dev/vdb; }", "disk /dev/vdb;",
        // A part that is switched off, and a resource on top of this one.
        "skip resource r0 { disk /dev/vdb; }", "resource r0-U { stacked-on-top-of r0 { disk /dev/vdb; } }",
        #"resource r0 { "disk" /dev/vdb; }"#, "resource r0 { disk /dev/vdb extra; }", "resource r0 { disk; }",
        "template { resource r0 { disk /dev/vdb; } }", "", "# resource r0 { disk /dev/vdb; }",
        "include \"drbd.d/*.res\";", "resource r00 { disk /dev/vdb; }", "resource { disk /dev/vdb; }",
    ])
    func leavesEverythingElseAlone(text: String) throws {
        #expect(try changed(text) == text)
    }

    @Test func leavesBytesThatAreNoTextAlone() throws {
        let bytes: [UInt8] = [0x23, 0xff, 0xfe, 0x0a] + Array("resource r0 { disk /dev/vdb; } ".utf8) + [0x23, 0x80]
        let file = try ResourceText(bytes)
        let result = file.replacing(disk: "/dev/vdb", of: "r0", by: Self.layer)
        #expect(
            result == [0x23, 0xff, 0xfe, 0x0a] + Array("resource r0 { disk \(Self.layer); } ".utf8) + [0x23, 0x80])
    }

    @Test func quotesWhatDRBDWouldNotReadInPlain() throws {
        #expect(
            try changed("resource r0 { disk /dev/vdb; }", by: "/dev/mapper/replicactl-a+b")
                == #"resource r0 { disk "/dev/mapper/replicactl-a+b"; }"#)
    }

    @Test func namesTheDisksOfBothHosts() throws {
        let text = "resource r0 { on a { disk /dev/vdb; } on b { disk /dev/sdc; } } resource r1 { disk /dev/vdd; }"
        #expect(try ResourceText(Array(text.utf8)).disks(of: "r0") == ["/dev/vdb", "/dev/sdc"])
        // Each host has its own disk changed in its own file.
        #expect(try changed(text).contains("disk /dev/sdc;"))
    }

    @Test(arguments: [
        ("resource r0 {\n disk /dev/vdb;\n", 3), ("}\n", 1), ("resource r0 {\n disk \"/dev/vdb;\n}", 2),
        ("resource r0 {\n disk /dev/vdb }", 2),
    ])
    func refusesWhatIsNoConfiguration(text: String, line: Int) {
        #expect {
            _ = try ResourceText(Array(text.utf8))
        } throws: {
            ($0 as? ResourceText.Malformed)?.line == line
        }
    }

    @Test func findsTheHandlersOfTheResourceAndOfAll() throws {
        let text = """
            common { handlers { fence-peer "/usr/lib/drbd/crm-fence-peer.sh"; } }
            resource r0 { handlers { pri-on-incon-degr "echo b > /proc/sysrq-trigger ; reboot -f"; } }
            resource r1 { handlers { split-brain "/bin/mail"; } }
            """
        let handlers = try ResourceText(Array(text.utf8)).handlers(of: "r0")
        #expect(handlers.map(\.name) == ["fence-peer", "pri-on-incon-degr"])
        #expect(handlers.map(\.resource) == [nil, "r0"])
        #expect(handlers.allSatisfy { ResourceFiles.objection(to: $0) != nil })
    }

    @Test func hasNothingAgainstAHandlerThatOnlyTells() {
        for (name, command) in [("pri-on-incon-degr", "/bin/mail root"), ("split-brain", "reboot")] {
            let handler = ResourceText.Handler(resource: nil, name: name, command: command)
            #expect(ResourceFiles.objection(to: handler) == nil)
        }
    }
}
