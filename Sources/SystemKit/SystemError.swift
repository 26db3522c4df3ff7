// SystemKit: file descriptors, errors of system calls, clocks, threads and sockets, each with one owner.

internal import CLinux
internal import Glibc

/// A system call that failed, with the `errno` it left.
public struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The `errno`.
    public let code: Int32
    /// The manual-page name of the call, and on what it was tried where that helps.
    public let call: String

    /// Records a failed call.
    public init(code: Int32, call: String) {
        self.code = code
        self.call = call
    }

    /// Records the calling thread's current `errno`.
    public static func last(_ call: String) -> SystemError { SystemError(code: errno, call: call) }

    /// The call and the system's words for the error.
    public var description: String { "\(call): \(String(cString: strerror(code)))" }
}

/// Turns the result of a shim (a value, or `-errno`) into a value or an error.
///
/// - Parameters:
///   - result: What the shim returned.
///   - call: The name for the error.
/// - Returns: `result`, 0 or more.
/// - Throws: ``SystemError`` when `result` is negative.
@discardableResult
public func checked(_ result: Int32, _ call: String) throws(SystemError) -> Int32 {
    guard result >= 0 else { throw SystemError(code: -result, call: call) }
    return result
}

/// Runs a call that returns -1 and sets `errno`, again when a signal interrupted it.
///
/// - Parameters:
///   - call: The name for the error.
///   - body: The call; it runs again after `EINTR`.
/// - Returns: What the call returned, 0 or more.
/// - Throws: ``SystemError`` with the call's `errno`.
@discardableResult
@inline(never)
public func retrying<Result: SignedInteger>(_ call: String, _ body: () -> Result) throws(SystemError) -> Result {
    while true {
        let result = body()
        if result >= 0 { return result }
        let code = errno
        if code != EINTR { throw SystemError(code: code, call: call) }
    }
}
