import Glibc
import SystemKit
import Testing

@Suite struct UnixSocketTests {
    private static func freshPath() -> String {
        "/tmp/replicactl-test-\(getpid())-\(UInt32.random(in: 0 ..< .max)).sock"
    }

    @Test func onlyTheOwnerMayOpenTheSocket() throws {
        let path = Self.freshPath()
        let listener = try UnixListener(path: path, backlog: 1)
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        listener.stop()
    }

    @Test func aMissingDirectoryIsMade() throws {
        let directory = Self.freshPath()
        do {
            let listener = try UnixListener(path: "\(directory)/socket", backlog: 1)
            listener.stop()
        }
        #expect(rmdir(directory) == 0)
    }

    @Test func aConnectionTellsItsUserAndItsEnd() throws {
        let path = Self.freshPath()
        let listener = try UnixListener(path: path, backlog: 1)
        let client = try UnixSocket.connect(path: path)
        let server = try listener.accept()
        #expect(try UnixSocket.peerUser(server) == getuid())
        let goneAtFirst = UnixSocket.peerHasGone(server.number)
        UnixSocket.endSending(client.number)
        let goneThen = UnixSocket.peerHasGone(server.number)
        #expect(!goneAtFirst && goneThen)
        try UnixSocket.sendAll(Array("still heard".utf8), on: server.number)
    }

    @Test func aSecondListenerIsRefusedAndADeadOnesSocketIsReplaced() throws {
        let path = Self.freshPath()
        do {
            let listener = try UnixListener(path: path, backlog: 1)
            #expect(throws: SystemError.self) { _ = try UnixListener(path: path, backlog: 1) }
            listener.stop()
        }
        #expect(access(path, F_OK) != 0)
        // A process that was killed leaves its socket behind.
        let left = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(left, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(bound == 0)
        close(left)
        let listener = try UnixListener(path: path, backlog: 1)
        _ = try UnixSocket.connect(path: path)
        _ = try listener.accept()
    }

    @Test func aPathThatDoesNotFitIsRefused() {
        #expect(throws: SystemError.self) {
            _ = try UnixSocket.connect(path: "/" + String(repeating: "x", count: UnixSocket.maximumPathBytes))
        }
    }
}
