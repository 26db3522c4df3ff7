import Testing

@testable import XenToolstack

@Suite struct ToolstackMonitorTests {
    private let xl = "/usr/lib/xen-4.17/bin/xl"

    @Test(arguments: [
        "/var/log/xen/xl-web.log", "/var/log/xen/xl-web.log.1", "/var/log/xen/xl-web.log.10",
        "/var/log/xen/xl-web.log (deleted)", "/var/log/xen/xl-web.log.2 (deleted)",
        "/var/log/xen/xl-web--incoming.log",
    ])
    func knowsTheMonitorByItsLog(log: String) {
        #expect(ToolstackMonitor.isMonitor(executable: xl, output: log, of: "web"))
        #expect(ToolstackMonitor.isMonitor(executable: xl + " (deleted)", output: log, of: "web"))
    }

    // Nobody else's process may be ended.
    @Test(arguments: [
        "/var/log/xen/xl-web2.log", "/var/log/xen/xl-we.log", "/var/log/xen/xl-web.log.gz", "/var/log/xen/xl-web.logs",
        "/var/log/xen/xl-my-web.log", "/var/log/xen/qemu-dm-web.log", "/tmp/xl-web.log", "/dev/null", "pipe:[123]", "",
    ])
    func leavesOthersAlone(log: String) { #expect(!ToolstackMonitor.isMonitor(executable: xl, output: log, of: "web")) }

    @Test(arguments: ["/usr/bin/less", "/usr/lib/xen-4.17/bin/xl-helper", "", "/usr/bin/axl"])
    func leavesOtherProgramsAlone(executable: String) {
        #expect(
            !ToolstackMonitor.isMonitor(executable: executable, output: "/var/log/xen/xl-web.log", of: "web"))
    }

    @Test func findsNoneWhereThereIsNone() throws {
        #expect(try ToolstackMonitor.end(ofDomainNamed: "no such domain here") == 0)
    }
}
