import Testing

@testable import LabKit

@Suite struct ConsoleScanTests {
    @Test(arguments: [
        ("[   12.0] Kernel panic - not syncing: Fatal exception", ConsoleFinding.Kind.panic),
        ("(XEN) Panic on CPU 0:", .panic),
        ("[   12.0] BUG: kernel NULL pointer dereference, address: 0", .bug),
        ("[   12.0] Oops: 0002 [#1] PREEMPT SMP", .bug),
        ("(XEN) Xen BUG at mm.c:1234", .bug),
        ("(XEN) domain_crash called from p2m.c:42", .guestCrash),
        ("[   12.0] watchdog: BUG: soft lockup - CPU#0 stuck for 22s!", .stall),
        ("[   12.0] Out of memory: Killed process 12 (qemu)", .outOfMemory),
        ("[   12.0] WARNING: CPU: 0 PID: 1 at net/core/dev.c:1", .warning),
    ])
    func findsTrouble(line: String, kind: ConsoleFinding.Kind) {
        let findings = ConsoleFinding.scan("a line\r\n\(line)\r\nanother", host: .xen1)
        #expect(findings.map(\.kind) == [kind])
        #expect(findings.first?.line == line)
    }

    @Test func acceptsAnOrdinaryBoot() {
        let log = """
            (XEN) Xen version 4.17.5
            (XEN) TSC only partially writable
            [    0.000000] Linux version 6.1.0
            [   13.035570] random: crng init done
            """
        #expect(ConsoleFinding.scan(log, host: .xen2).isEmpty)
    }
}
