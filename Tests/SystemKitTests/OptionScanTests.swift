import SystemKit
import Testing

@Suite struct OptionScanTests {
    private let options = [OptionScan.Option("json", takesValue: false), OptionScan.Option("to", takesValue: true)]

    @Test func optionsAndArgumentsMayStandInAnyOrder() throws {
        let scan = try OptionScan(["web", "--to", "xen2", "--json", "db"], options: options)
        #expect(scan.values == ["to": "xen2", "json": ""])
        #expect(scan.arguments == ["web", "db"])
    }

    @Test func aValueMayFollowAnEqualsSign() throws {
        #expect(try OptionScan(["--to=xen2"], options: options).values == ["to": "xen2"])
    }

    @Test func twoDashesEndTheOptions() throws {
        let scan = try OptionScan(["--", "--json"], options: options)
        #expect(scan.values == [:])
        #expect(scan.arguments == ["--json"])
    }

    @Test func inOrderTheFirstArgumentEndsTheScan() throws {
        let scan = try OptionScan(["--json", "status", "--other"], options: options, inOrder: true)
        #expect(scan.values == ["json": ""])
        #expect(scan.arguments == ["status", "--other"])
    }

    @Test(arguments: [["--nonsense"], ["-x"], ["--json=1"]])
    func whatIsNotKnownIsNamed(arguments: [String]) {
        #expect(throws: OptionScan.Failure.unknown(arguments[0])) { try OptionScan(arguments, options: options) }
    }

    @Test func aMissingValueIsNamed() {
        #expect(throws: OptionScan.Failure.missingValue("--to")) { try OptionScan(["--to"], options: options) }
    }

    @Test func anEmptyLineIsFine() throws {
        let scan = try OptionScan([], options: options)
        #expect(scan.values.isEmpty && scan.arguments.isEmpty)
    }
}
