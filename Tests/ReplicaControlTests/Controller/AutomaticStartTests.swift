import Glibc
import Testing

@testable import ReplicaControl

/// Finding guests that the host starts at boot.
@Suite struct AutomaticStartTests {
    @Test(
        arguments: [
            ("name = \"web\"\nmemory = 128\n", "web"),
            ("memory=128\n  name='web'\n", "web"),
            ("name = \"old\"\nname = \"web\"\n", "web"),
            ("# name = \"web\"\nmemory = 128\n", nil),
            ("hostname = \"web\"\n", nil),
            ("name = web\n", nil),
            ("", nil),
        ] as [(String, String?)]) func readsTheNameOfAConfiguration(text: String, name: String?)
    {
        #expect(AutomaticStart.name(in: text) == name)
    }

    @Test func findsTheFilesThatStartADomain() throws {
        var template = Array("/tmp/replicactl-auto-XXXXXX\0".utf8CString)
        let made = mkdtemp(&template)
        let directory = String(cString: try #require(made))
        defer {
            unlink(directory + "/web.cfg")
            unlink(directory + "/mail.cfg")
            rmdir(directory)
        }
        for name in ["web", "mail"] {
            let file = try #require(fopen("\(directory)/\(name).cfg", "w"))
            fputs("name = \"\(name)\"\n", file)
            fclose(file)
        }
        #expect(AutomaticStart.files(starting: "web", in: directory) == [directory + "/web.cfg"])
        #expect(AutomaticStart.files(starting: "db", in: directory) == [])
        #expect(AutomaticStart.files(starting: "web", in: directory + "/missing") == [])
    }
}
