internal import CXenCtrl
internal import Glibc
public import ReplicaModel
internal import SystemKit

/// A connection to xenstore with one owner.
public struct XenStore: ~Copyable {
    private let handle: OpaquePointer

    /// Connects to the daemon.
    ///
    /// - Throws: ``ToolstackError/xenStoreFailed(action:path:cause:)``.
    public init() throws(ToolstackError) {
        guard let handle = xs_open(UInt(XS_UNWATCH_FILTER)) else {
            throw .xenStoreFailed(action: "open", path: "the connection", cause: SystemError.last("xs_open"))
        }
        self.handle = handle
    }

    deinit { xs_close(handle) }

    /// A node's text.
    ///
    /// - Parameter path: The node.
    /// - Returns: `nil` when there is no such node.
    /// - Throws: ``ToolstackError/xenStoreFailed(action:path:cause:)``.
    public borrowing func read(_ path: String) throws(ToolstackError) -> String? {
        try Self.read(handle, noTransaction, path)
    }

    /// Writes a node, and makes it where it is missing.
    ///
    /// - Parameters:
    ///   - path: The node.
    ///   - value: Its new text.
    /// - Throws: ``ToolstackError/xenStoreFailed(action:path:cause:)``.
    public borrowing func write(_ path: String, _ value: String) throws(ToolstackError) {
        try Self.write(handle, noTransaction, path, value)
    }

    /// Removes a node and all under it; one that is missing is no error.
    ///
    /// - Parameter path: The node.
    /// - Throws: ``ToolstackError/xenStoreFailed(action:path:cause:)``.
    public borrowing func remove(_ path: String) throws(ToolstackError) {
        if xs_rm(handle, noTransaction, path) { return }
        let cause = SystemError.last("xs_rm")
        if cause.code != ENOENT { throw .xenStoreFailed(action: "remove", path: path, cause: cause) }
    }

    /// The names of the nodes right under one.
    ///
    /// - Parameter path: The node.
    /// - Returns: Empty when the node is missing or has none.
    /// - Throws: ``ToolstackError/xenStoreFailed(action:path:cause:)``.
    public borrowing func list(_ path: String) throws(ToolstackError) -> [String] {
        var count: UInt32 = 0
        guard let names = xs_directory(handle, noTransaction, path, &count) else {
            let cause = SystemError.last("xs_directory")
            if cause.code == ENOENT { return [] }
            throw .xenStoreFailed(action: "list", path: path, cause: cause)
        }
        defer { free(names) }
        return (0..<Int(count)).compactMap { names[$0].map { String(cString: $0) } }
    }

    /// Replaces a node's text if it is still as expected, in one transaction.
    ///
    /// - Parameters:
    ///   - path: The node.
    ///   - expected: The text it must have.
    ///   - replacement: Its new text.
    /// - Returns: Whether it was replaced.
    /// - Throws: ``ToolstackError/xenStoreFailed(action:path:cause:)``.
    public borrowing func replace(
        _ path: String, expected: String, with replacement: String
    ) throws(ToolstackError) -> Bool {
        while true {
            let transaction = xs_transaction_start(handle)
            guard transaction != noTransaction else {
                throw .xenStoreFailed(
                    action: "begin a transaction on", path: path, cause: SystemError.last("xs_transaction_start"))
            }
            do throws(ToolstackError) {
                guard try Self.read(handle, transaction, path) == expected else {
                    _ = xs_transaction_end(handle, transaction, true)
                    return false
                }
                try Self.write(handle, transaction, path, replacement)
            } catch {
                _ = xs_transaction_end(handle, transaction, true)
                throw error
            }
            if xs_transaction_end(handle, transaction, false) { return true }
            // Another writer came in between: look again.
            let cause = SystemError.last("xs_transaction_end")
            if cause.code != EAGAIN { throw .xenStoreFailed(action: "change", path: path, cause: cause) }
        }
    }

    /// Waits until a node, or one under it, changes.
    ///
    /// The first call for a path returns at once: xenstore reports a new watch as a change. The watch ends with the call.
    ///
    /// - Parameters:
    ///   - path: The node; it need not exist. `@releaseDomain` stands for the end of any domain.
    ///   - timeout: How long at most.
    ///   - isDone: Asked after every change; the wait ends when it says true.
    /// - Returns: False when the time ran out first.
    /// - Throws: ``ToolstackError/xenStoreFailed(action:path:cause:)``, or what `isDone` throws.
    public borrowing func wait(
        for path: String, timeout: Milliseconds, until isDone: () throws(ToolstackError) -> Bool
    ) throws(ToolstackError) -> Bool {
        let token = "replicactl"
        guard xs_watch(handle, path, token) else {
            throw .xenStoreFailed(action: "watch", path: path, cause: SystemError.last("xs_watch"))
        }
        defer { _ = xs_unwatch(handle, path, token) }
        let deadline = Clock.monotonic + timeout.nanoseconds
        while true {
            while let change = xs_check_watch(handle) { free(change) }
            if try isDone() { return true }
            let now = Clock.monotonic
            guard now < deadline else { return false }
            var descriptor = pollfd(fd: xs_fileno(handle), events: Int16(POLLIN), revents: 0)
            // Rounded up, so that the last round does not spin.
            _ = poll(&descriptor, 1, Int32(clamping: (deadline - now + 999_999) / 1_000_000))
        }
    }

    /// Tells the daemon that a domain runs again, so that it reports the domain's next shutdown.
    ///
    /// - Parameter domain: The domain.
    /// - Throws: ``ToolstackError/xenStoreFailed(action:path:cause:)``.
    borrowing func resume(_ domain: DomainID) throws(ToolstackError) {
        guard xs_resume_domain(handle, domain.rawValue) else {
            throw .xenStoreFailed(action: "resume", path: domain.path, cause: SystemError.last("xs_resume_domain"))
        }
    }

    private static func read(
        _ handle: OpaquePointer, _ transaction: xs_transaction_t, _ path: String
    ) throws(ToolstackError) -> String? {
        var length: UInt32 = 0
        guard let value = xs_read(handle, transaction, path, &length) else {
            let cause = SystemError.last("xs_read")
            if cause.code == ENOENT { return nil }
            throw .xenStoreFailed(action: "read", path: path, cause: cause)
        }
        defer { free(value) }
        return String(decoding: UnsafeRawBufferPointer(start: value, count: Int(length)), as: UTF8.self)
    }

    private static func write(
        _ handle: OpaquePointer, _ transaction: xs_transaction_t, _ path: String, _ value: String
    ) throws(ToolstackError) {
        guard xs_write(handle, transaction, path, value, UInt32(value.utf8.count)) else {
            throw .xenStoreFailed(action: "write", path: path, cause: SystemError.last("xs_write"))
        }
    }
}

/// Xenstore's number for "outside any transaction".
private let noTransaction: xs_transaction_t = 0
