internal import ReplicaModel
internal import SystemKit

/// Keeps this host's presence lease alive, on a thread and a connection of its own so that no question waits for it.
struct PresenceKeeper: ~Copyable, Sendable {
    private let stopping = Mailbox<Void>(capacity: 1)
    private let thread: Thread

    /// Starts.
    ///
    /// - Throws: ``WitnessError/badConfiguration(_:)``, also when there is no thread to be had.
    init(_ configuration: WitnessConfiguration, _ board: StatusBoard) throws(WitnessError) {
        let client = ClientBox(try WitnessClient(configuration))
        let stopping = self.stopping
        // Two attempts may fail before the lease runs out.
        let interval = UInt64(configuration.presenceSeconds) * 1_000_000_000 / 3
        thread = try WitnessService.thread(name: "witness-here") {
            client.use { client in Self.keep(&client, interval, board, until: stopping) }
        }
    }

    /// Ends the keeping; the lease then runs out by itself.
    ///
    /// Waits for a question under way, at most its time-out.
    consuming func stop() {
        stopping.post(())
        thread.join()
    }

    private static func keep(
        _ client: inout WitnessClient, _ interval: UInt64, _ board: StatusBoard, until stopping: Mailbox<Void>
    ) {
        var next = Clock.monotonic
        while stopping.next(before: next) == nil {
            // An attempt that took long does not let the next one come sooner.
            next = Clock.monotonic + interval
            do throws(WitnessError) {
                try client.keepPresence()
                board.notePresence(nil, client.trace)
            } catch {
                board.notePresence(error.failure, nil)
            }
        }
    }
}
