import CheckpointStream
import Glibc
import Testing

/// Xen's own checker (`verify-stream-v2` of xen-utils-4.17) reads the streams that this module writes.
///
/// Without the tool these tests fail; `make deps` installs it.
@Suite struct XenCheckerTests {
    private static let checker = "/usr/lib/xen-4.17/bin/verify-stream-v2"
    private static let library = "PYTHONPATH=/usr/lib/xen-4.17/lib/python"

    @Test func acceptsAnImageAndItsCheckpoints() throws {
        #expect(try check(try stream()) == 0)
    }

    @Test func refusesAStreamThatWasBroken() throws {
        let whole = try stream()
        #expect(try check(Array(whole.dropLast(8))) != 0, "no END record")
        var type = whole
        type[40] = 0x99
        #expect(try check(type) != 0, "an unknown record type")
        var count = whole
        count[LibxcRecords.prologueSize(cpuid: 48, msr: 32) + 8] ^= 1
        #expect(try check(count) != 0, "a PAGE_DATA record with a wrong count")
    }

    /// What libxc on a backup gets to see over three epochs, with the END that a live stream never has.
    private func stream() throws -> [UInt8] {
        let commit = try SampleRecords.bytes(capacity: 8) { (writer) throws(StreamError) in
            try writer.writeCheckpoint()
        }
        let end = try SampleRecords.bytes(capacity: 8) { (writer) throws(StreamError) in try writer.writeEnd() }
        return try SampleRecords.image(frames: [[UInt64](0..<1024), [1024, 1025]])
            + SampleRecords.checkpoint(frames: [[1, 5]]) + commit + SampleRecords.checkpoint(frames: []) + commit
            + SampleRecords.checkpoint(frames: [[UInt64](100..<1124), [3]]) + commit + end
    }

    /// The checker's exit status for a file of these bytes.
    private func check(_ bytes: [UInt8]) throws -> Int32 {
        try #require(access(Self.checker, X_OK) == 0, "\(Self.checker) is missing: run 'make deps'")
        let file = try #require(tmpfile())
        defer { fclose(file) }
        try #require(fwrite(bytes, 1, bytes.count, file) == bytes.count)
        rewind(file)
        return try run([Self.checker, "-v", "-f", "libxc", "-i", "/dev/stdin"], input: fileno(file))
    }

    private func run(_ arguments: [String], input: Int32) throws -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, 0)
        for output in 1...2 as ClosedRange<Int32> {
            posix_spawn_file_actions_addopen(&actions, output, "/dev/null", O_WRONLY, 0)
        }
        var list = arguments.map { strdup($0) } + [nil]
        var environment = [strdup(Self.library), strdup("PATH=/usr/bin:/bin"), nil]
        defer { for text in list + environment { free(text) } }
        var process = pid_t()
        try #require(posix_spawn(&process, arguments[0], &actions, nil, &list, &environment) == 0)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 { try #require(errno == EINTR) }
        return status
    }
}
