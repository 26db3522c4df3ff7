import Glibc
import SystemKit
import Testing

@testable import Telemetry

@Suite struct LogTests {
    private let record = LogRecord(
        level: .notice, message: "domain protected",
        fields: [("REPLICACTL_DOMAIN", "web"), ("REPLICACTL_REASON", "operator request"), ("OTHER", "")])

    @Test func aLineCarriesTheLevelTheMessageAndTheValues() {
        #expect(record.line == "<5>domain protected: domain=web reason=\"operator request\" other=\"\"\n")
        #expect(LogRecord(level: .error, message: "failed", fields: []).line == "<3>failed\n")
    }

    @Test func aJournalEntryHasEveryValueAsAField() {
        #expect(
            record.journalEntries == [
                "PRIORITY=5", "SYSLOG_IDENTIFIER=replicactl",
                "MESSAGE=domain protected: domain=web reason=\"operator request\" other=\"\"",
                "REPLICACTL_MESSAGE=domain protected", "REPLICACTL_DOMAIN=web", "REPLICACTL_REASON=operator request",
                "OTHER=",
            ])
    }

    @Test func aValueNeverMakesALineOfItsOwn() {
        let record = LogRecord(level: .info, message: "m", fields: [("REPLICACTL_TEXT", "a\n<0>b\u{7}\"")])
        #expect(record.line == "<6>m: text=\"a <0>b \\\"\"\n")
    }

    @Test func lessSeriousMessagesArePassedOver() throws {
        let pipe = try FileDescriptor.pipe()
        let writer = LogWriter(destination: .descriptor(pipe.writer.number))
        writer.write(LogRecord(level: .debug, message: "hidden", fields: []))
        writer.setMinimumLevel(.debug)
        writer.write(LogRecord(level: .debug, message: "shown", fields: []))
        #expect(try readOnce(pipe.reader) == "<7>shown\n")
    }

    @Test func aBackgroundWriterKeepsTheOrder() throws {
        let pipe = try FileDescriptor.pipe()
        let writer = LogWriter(destination: .descriptor(pipe.writer.number))
        writer.startBackgroundWriter()
        for number in 0..<5 { writer.write(LogRecord(level: .info, message: String(number), fields: [])) }
        var text = ""
        while text.utf8.count < 25 { text += try readOnce(pipe.reader) }
        #expect(text == "<6>0\n<6>1\n<6>2\n<6>3\n<6>4\n")
        writer.flush()
    }

    private func readOnce(_ descriptor: borrowing FileDescriptor) throws -> String {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4_096, alignment: 1)
        defer { buffer.deallocate() }
        let count = try descriptor.read(into: buffer)
        return String(decoding: buffer[..<count], as: UTF8.self)
    }
}
