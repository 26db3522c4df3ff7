import Foundation
import Testing

@testable import LabKit

@Suite struct LineConnectionTests {
    @Test func sendsALineAndReadsAllLinesOfTheAnswer() throws {
        let service = try Service(answer: "one\ntwo\n")
        let connection = try LineConnection(path: service.path, timeout: .seconds(20))
        try connection.send("question".utf8)
        #expect(try connection.nextLine() == Array("one".utf8))
        #expect(try connection.nextLine() == Array("two".utf8))
        #expect(service.question() == "question\n")
    }

    @Test func aHalfLineIsNoAnswer() throws {
        let service = try Service(answer: "half")
        let connection = try LineConnection(path: service.path, timeout: .seconds(20))
        try connection.send("question".utf8)
        guard case .closed = failure({ _ = try connection.nextLine() }) else {
            Issue.record("half a line was taken for one")
            return
        }
    }

    @Test func silenceEndsTheWait() throws {
        let service = try Service(answer: nil)
        let connection = try LineConnection(path: service.path, timeout: .seconds(1))
        guard case .silent = failure({ _ = try connection.nextLine() }) else {
            Issue.record("a service that says nothing was waited for, or had an answer")
            return
        }
    }

    @Test func aSocketThatNobodyListensOnIsRefused() {
        guard case .refused = failure({ _ = try LineConnection(path: "/nowhere/socket", timeout: .seconds(1)) }) else {
            Issue.record("there is no such socket")
            return
        }
    }

    private func failure(_ work: () throws -> Void) -> LineConnection.Failure? {
        do { try work() } catch { return error as? LineConnection.Failure }
        return nil
    }
}

/// A service that takes one question, answers it and hangs up, or says nothing.
private final class Service {
    let path: String
    private let folder: URL
    private let process: Process

    init(answer: String?) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("replicactl-lab-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        path = folder.appendingPathComponent("socket").path
        let script = """
            import socket, sys
            listener = socket.socket(socket.AF_UNIX)
            listener.bind("socket")
            listener.listen()
            open("ready", "w").close()
            connection, _ = listener.accept()
            if len(sys.argv) > 1:
                with open("question", "wb") as file: file.write(connection.recv(1000))
                connection.sendall(sys.argv[1].encode())
                connection.close()
            else:
                connection.recv(1000)
            """
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", script] + (answer.map { [$0] } ?? [])
        process.currentDirectoryURL = folder
        try process.run()
        let ready = folder.appendingPathComponent("ready").path
        for _ in 0..<600 where !FileManager.default.fileExists(atPath: ready) { Thread.sleep(forTimeInterval: 0.05) }
    }

    deinit {
        process.terminate()
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
    }

    /// What was asked.
    func question() -> String? { try? String(contentsOf: folder.appendingPathComponent("question"), encoding: .utf8) }
}
