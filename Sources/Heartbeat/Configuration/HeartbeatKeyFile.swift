internal import Glibc
internal import SystemKit

/// Reads and writes the file that holds the pair's key.
public enum HeartbeatKeyFile {
    /// Where the key is unless the configuration names another place.
    public static let defaultPath = "/etc/replicactl/heartbeat.key"

    /// Reads the key.
    ///
    /// - Parameter path: The file; owned by root or the service's own user, and of no use to anybody else.
    /// - Returns: The key.
    /// - Throws: ``HeartbeatError/key(path:_:)``.
    public static func read(_ path: String) throws(HeartbeatError) -> HeartbeatKey {
        // Without O_NONBLOCK a pipe of this name would wait for a writer.
        let number = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard number >= 0 else {
            throw .key(path: path, errno == ENOENT ? .missing : .system(.last("open")))
        }
        let file = FileDescriptor(owning: number)
        var status = stat()
        guard fstat(number, &status) == 0 else { throw .key(path: path, .system(.last("fstat"))) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .key(path: path, .content) }
        guard status.st_uid == 0 || status.st_uid == geteuid() else { throw .key(path: path, .owner(status.st_uid)) }
        guard status.st_mode & 0o077 == 0 else { throw .key(path: path, .mode(status.st_mode & 0o7777)) }
        // One byte more than a key and its line feed, to see that there is no more.
        var bytes = [UInt8](repeating: 0, count: 2 * HeartbeatKey.byteCount + 2)
        let count: Int
        do {
            var span = bytes.mutableSpan
            count = try unsafe span.withUnsafeMutableBytes { (raw) throws(SystemError) in try file.read(into: raw) }
        } catch {
            throw .key(path: path, .system(error))
        }
        guard let key = HeartbeatKey(text: bytes[..<count]) else { throw .key(path: path, .content) }
        return key
    }

    /// Writes a new random key into a new file that only its owner may use.
    ///
    /// - Parameter path: The file; it must not exist yet.
    /// - Throws: ``HeartbeatError/key(path:_:)``, and then there is no new file; ``HeartbeatError/system(_:)`` when the
    ///   kernel gives no random numbers.
    public static func create(_ path: String) throws(HeartbeatError) {
        let key = try HeartbeatKey.random()
        let number = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard number >= 0 else {
            throw .key(path: path, errno == EEXIST ? .exists : .system(.last("open")))
        }
        let file = FileDescriptor(owning: number)
        do throws(SystemError) {
            try file.writeAll(key.text)
            try retrying("fsync") { fsync(number) }
        } catch {
            unlink(path)
            throw .key(path: path, .system(error))
        }
    }
}
