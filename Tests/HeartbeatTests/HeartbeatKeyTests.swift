import Glibc
import SystemKit
import Testing

@testable import Heartbeat

@Suite struct HeartbeatKeyTests {
    private let directory: ScratchDirectory
    private let path: String

    init() throws {
        directory = try ScratchDirectory()
        path = directory.path + "/key"
    }

    private func write(_ text: String, mode: mode_t = 0o600) throws {
        let file = try #require(fopen(path, "w"))
        fputs(text, file)
        fclose(file)
        #expect(chmod(path, mode) == 0)
    }

    private func fault() -> KeyFault? {
        do throws(HeartbeatError) {
            _ = try HeartbeatKeyFile.read(path)
            return nil
        } catch {
            guard case .key(let named, let fault) = error, named == path else { return nil }
            return fault
        }
    }

    @Test func newKeyIsForItsOwnerAloneAndOpensWhatItSealed() throws {
        try HeartbeatKeyFile.create(path)
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_mode & 0o7777 == 0o600)
        #expect(status.st_size == 65)
        let key = try HeartbeatKeyFile.read(path)
        let again = try HeartbeatKeyFile.read(path)
        let datagram = peerDatagram(sequence: 1)
        #expect(HeartbeatDatagram.decoded(datagram.bytes(key: key), makeSeal(key: again)) == .success(datagram))
    }

    @Test func twoNewKeysAreNotTheSame() throws {
        let other = directory.path + "/other"
        try HeartbeatKeyFile.create(path)
        try HeartbeatKeyFile.create(other)
        #expect(try HeartbeatKeyFile.read(path).text != HeartbeatKeyFile.read(other).text)
    }

    @Test func aKeyIsNeverOverwritten() throws {
        try HeartbeatKeyFile.create(path)
        let before = try HeartbeatKeyFile.read(path).text
        #expect(throws: HeartbeatError.key(path: path, .exists)) { try HeartbeatKeyFile.create(path) }
        #expect(try HeartbeatKeyFile.read(path).text == before)
    }

    @Test func missingKeyIsRefused() { #expect(fault() == .missing) }

    @Test(arguments: [0o640, 0o604, 0o644, 0o620, 0o602, 0o601] as [mode_t])
    func keyThatOthersMayUseIsRefused(mode: mode_t) throws {
        try write(makeKey().text, mode: mode)
        #expect(fault() == .mode(mode))
        #expect(HeartbeatError.key(path: path, .mode(mode)).description.contains("`chmod 600 \(path)`"))
    }

    @Test(.enabled(if: geteuid() == 0)) func keyOfAnotherUserIsRefused() throws {
        try write(makeKey().text)
        #expect(chown(path, 65534, 0) == 0)
        #expect(fault() == .owner(65534))
    }

    @Test(arguments: [
        "", "\n", String(repeating: "a", count: 63), String(repeating: "a", count: 65),
        String(repeating: "a", count: 64) + "\n\n", String(repeating: "a", count: 64) + " ",
        String(repeating: "g", count: 64), " " + String(repeating: "a", count: 64), String(repeating: "a", count: 5000),
    ])
    func textThatIsNoKeyIsRefused(text: String) throws {
        try write(text)
        #expect(fault() == .content)
    }

    @Test(arguments: ["\n", ""]) func bothLettersAndALineFeedAreTaken(end: String) throws {
        try write(String(repeating: "aB", count: 32) + end)
        #expect(try HeartbeatKeyFile.read(path).text == String(repeating: "ab", count: 32) + "\n")
    }

    @Test func directoryIsNoKey() throws {
        #expect(throws: HeartbeatError.key(path: "/tmp", .content)) { _ = try HeartbeatKeyFile.read("/tmp") }
    }

    @Test func keyIsNotShown() { #expect("\(makeKey(0xAB))" == "a heartbeat key") }

    @Test func serviceWithoutAKeyDoesNotStart() throws {
        var configuration = pairConfiguration(own: "alpha", peer: "beta")
        configuration.keyPath = path
        #expect(throws: HeartbeatError.key(path: path, .missing)) {
            _ = try HeartbeatService(configuration: configuration)
        }
    }
}
