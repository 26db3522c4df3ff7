@testable internal import GuestServices
internal import Glibc
internal import GuestSupport
internal import Testing

@Suite struct DatabaseServiceTests {
    /// The answers of a new service to lines that one client sends, in their order.
    private func answers(to lines: [String]) throws -> [String] {
        var service = try DatabaseService(port: 0, cache: nil)
        let address = try #require(SocketAddress(numeric: "127.0.0.1", port: service.port))
        let client = try address.makeStreamSocket()
        let result = address.withPointer { Glibc.connect(client.raw, $0, $1) == 0 ? 0 : errno }
        #expect(result == 0 || result == EINPROGRESS)
        // Accepts the client, whose connection is up then.
        try service.step(until: Clock.monotonic() + 1_000_000_000)
        let bytes = Array(lines.map { "\($0)\n" }.joined().utf8)
        #expect(bytes.withUnsafeBytes { SocketOption.send(client, $0) } == .bytes(bytes.count))
        var input = LineBuffer(limit: 65_536)
        var answers: [String] = []
        let deadline = Clock.monotonic() + 20_000_000_000
        while answers.count < lines.count && Clock.monotonic() < deadline {
            try service.step(until: Clock.monotonic() + 10_000_000)
            let (transfer, bytes) = client.readBytes(atMost: input.room)
            if case .bytes = transfer { input.append(bytes) }
            while let answer = input.nextLine() { answers.append(answer) }
        }
        return answers
    }

    @Test func answersEachTransactionWithItsNumber() throws {
        var template = Array("/tmp/database-service-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let file = "\(folder)/database"
        defer {
            for suffix in ["", "-wal", "-shm"] { unlink("\(file)\(suffix)") }
            rmdir(folder)
        }
        var digest = TransactionDigest()
        for number: UInt64 in 1...2 { digest.add(NumberedTransaction(number: number)) }
        let answers = try answers(to: [
            "PUT 1", "OPEN \(file)", "LAST", "PUT 1", "PUT 2", "PUT 2", "PUT 0", "LAST", "DIGEST 1 9", "CHECK", "LAST",
            "CLOSE", "CHECK", "LAST",
        ])
        #expect(
            answers.map { $0.hasPrefix("ERROR") ? "ERROR" : $0 } == [
                "ERROR", "OK open", "OK 0", "OK 1", "OK 2", "ERROR", "ERROR", "OK 2", "OK 2 \(digest.value)",
                "OK checked", "OK 2", "OK closed", "ERROR", "ERROR",
            ])
    }
}
