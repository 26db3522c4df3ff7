import Foundation

/// Exclusive locks between processes.
///
/// A lock is free again when its process ends, however it ends.
enum FileLock {
    /// Does some work while holding a lock; waits for whoever has it.
    ///
    /// - Parameters:
    ///   - path: The lock file. Made if needed.
    ///   - waiting: Called once if someone else has the lock.
    ///   - work: What to do.
    /// - Returns: What the work returns.
    /// - Throws: The error of the work, or ``LabError`` if there can be no such file.
    static func holding<Value>(
        _ path: String, waiting: () -> Void, _ work: () throws(LabError) -> Value
    ) throws(LabError) -> Value {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw LabError(.systemCallFailed, attempt: "open \(path)", outcome: String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            waiting()
            while flock(descriptor, LOCK_EX) != 0, errno == EINTR {}
        }
        return try work()
    }
}
