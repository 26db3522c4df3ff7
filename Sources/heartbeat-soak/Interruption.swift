import Synchronization
import SystemKit

/// Ctrl-C and its like, as a flag.
final class Interruption: Sendable {
    private let flag = Atomic(false)

    /// Whether somebody wants this to end.
    var isSet: Bool { flag.load(ordering: .acquiring) }

    /// Begins to watch, on a thread of its own.
    func watch() throws {
        SignalSet.termination.block()
        try Thread(name: "signals") { [self] in
            _ = SignalSet.termination.wait()
            flag.store(true, ordering: .releasing)
        }.detach()
    }
}
