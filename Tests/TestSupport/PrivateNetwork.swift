private import Glibc
private import Synchronization
internal import SystemKit

/// A network of its own for one test, in which devices can be made and deleted without touching the host's.
public enum PrivateNetwork {
    /// Why a body gave no value.
    public enum Failure: Error {
        /// The kernel refused a namespace or a mount.
        case refused(errno: Int32)
        /// The body threw.
        case body(any Error)
    }

    private final class Outcome<Value: Sendable>: Sendable {
        let result = Mutex<Result<Value, Failure>>(.failure(.refused(errno: 0)))
    }

    /// Runs a body in a new network namespace, which goes with the thread that it runs on.
    public static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) throws -> Value {
        let outcome = Outcome<Value>()
        try Thread(name: "private-network") {
            guard leave(newNetwork) == 0 else {
                return outcome.result.withLock { $0 = .failure(.refused(errno: errno)) }
            }
            let result = Result { try body() }.mapError { Failure.body($0) }
            outcome.result.withLock { $0 = result }
        }.join()
        return try outcome.result.withLock { try $0.get() }
    }

    /// Lets the calling thread, and what it starts, see this network's devices in `/sys`, and gives it empty folders in place
    /// of others.
    ///
    /// - Parameter folders: The folders to hide; those that are not there are passed over.
    /// - Throws: ``Failure/refused(errno:)``.
    public static func showOwnDevices(hiding folders: [String] = []) throws {
        guard leave(newMounts) == 0, mount("none", "/", nil, UInt(MS_REC | MS_PRIVATE), nil) == 0,
            mount("none", "/sys", "sysfs", 0, nil) == 0
        else { throw Failure.refused(errno: errno) }
        for folder in folders where access(folder, F_OK) == 0 {
            guard mount("none", folder, "tmpfs", 0, nil) == 0 else { throw Failure.refused(errno: errno) }
        }
    }

    private static let newNetwork: Int32 = 0x4000_0000
    private static let newMounts: Int32 = 0x0002_0000

    /// Calls `unshare`, which Glibc's module leaves out.
    private static func leave(_ namespaces: Int32) -> Int32 {
        guard let function = dlsym(dlopen(nil, RTLD_NOW), "unshare") else { return -1 }
        return unsafeBitCast(function, to: (@convention(c) (Int32) -> Int32).self)(namespaces)
    }
}
