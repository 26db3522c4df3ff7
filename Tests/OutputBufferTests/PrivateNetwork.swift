import Glibc
import Synchronization
import SystemKit

@testable import OutputBuffer

/// A network of its own for one test, in which devices can be made and deleted without touching the host's.
enum PrivateNetwork {
    /// Whether there can be one with buffer devices in it; needs root and the kernel's ifb.
    static let isAvailable = (try? run { try RouteSocket().addBufferDevice("probe") }) != nil

    /// Why a body gave no value.
    enum Failure: Error {
        case refused(errno: Int32)
        case body(any Error)
    }

    private final class Outcome<Value: Sendable>: Sendable {
        let result = Mutex<Result<Value, Failure>>(.failure(.refused(errno: 0)))
    }

    /// Runs a body in a new network namespace, which goes with the thread that it runs on.
    static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) throws -> Value {
        let outcome = Outcome<Value>()
        try Thread(name: "private-network") {
            guard leaveHostNetwork() == 0 else {
                return outcome.result.withLock { $0 = .failure(.refused(errno: errno)) }
            }
            let result = Result { try body() }.mapError { Failure.body($0) }
            outcome.result.withLock { $0 = result }
        }.join()
        return try outcome.result.withLock { try $0.get() }
    }

    /// Calls `unshare(CLONE_NEWNET)`, which Glibc's module leaves out.
    private static func leaveHostNetwork() -> Int32 {
        guard let function = dlsym(dlopen(nil, RTLD_NOW), "unshare") else { return -1 }
        return unsafeBitCast(function, to: (@convention(c) (Int32) -> Int32).self)(0x4000_0000)
    }
}
