import Testing

@testable import XenToolstack

@Suite struct HelperMessageTests {
    @Test(arguments: [
        HelperMessage.restore(configurationBytes: 1135, leaving: LeftDevices(), name: "guest--replica"),
        .restore(configurationBytes: 7, leaving: LeftDevices(interfaces: [0, 2], disks: [1]), name: "guest--replica"),
        .restore(configurationBytes: 1, leaving: LeftDevices(disks: [0]), name: "a name with spaces"),
        .create(configurationBytes: 77), .activate(name: "guest"), .abort, .restored(DomainID(rawValue: 12)),
        .running(DomainID(rawValue: 7)),
        .failed("libxl could not restore the domain: error -3"),
    ])
    func survivesTheWay(message: HelperMessage) { #expect(HelperMessage(line: message.line) == message) }

    // Nothing but the order with a name may let a guest run (safety rule 2).
    @Test(arguments: [
        "", " ", "activate", "activate ", "Activate guest", "active guest", "restore", "restore guest",
        "restore 5", "restore 5 /", "restore 0 / guest", "restore -1 / guest", "restore five / guest",
        "restore 5 guest", "restore 5 0 guest", "restore 5 -1/ guest", "restore 5 0/x guest",
        "restore 5 0/1/2 guest", "restored", "restored -1",
        "restored x", "running", "running 4294967296", "aborted", "create", "create 0", "create -1", "create 5 guest",
    ])
    func refusesEverythingElse(line: String) { #expect(HelperMessage(line: line) == nil) }

    @Test func refusesUnknownErrandsWithTheUsageStatus() {
        #expect(ToolstackHelperProcess.main(arguments: []) == 64)
        #expect(ToolstackHelperProcess.main(arguments: ["describe"]) == 64)
        #expect(ToolstackHelperProcess.main(arguments: ["destroy", "all"]) == 64)
        #expect(ToolstackHelperProcess.main(arguments: ["restore", "3"]) == 64)
        #expect(ToolstackHelperProcess.main(arguments: ["create", "3"]) == 64)
        #expect(ToolstackHelperProcess.main(arguments: ["set-aside", "3"]) == 64)
        #expect(ToolstackHelperProcess.main(arguments: ["dump", "web", "/path"]) == 64)
    }
}
