// Takes connections of the peer and makes a replica session of each that may have one.

internal import CheckpointStream
internal import Heartbeat
internal import ReplicaModel
internal import Synchronization
internal import SystemKit
internal import Telemetry
internal import XenToolstack

/// The listening side of the replication network.
final class ReplicaListener: Sendable {
    private let controller: Controller
    private let listener: TCPListener
    private let greeting = Atomic<Int>(0)
    /// Connections that have not yet said what they want (safety rule 6).
    private static let mostGreeting = 16

    init(_ controller: Controller) throws(TransportError) {
        self.controller = controller
        let listen = controller.configuration.listen
        listener = try TCPListener(host: listen.address, port: listen.port, userTimeout: PeerDial.userTimeout)
    }

    func start() throws(SystemError) {
        try Thread(name: "listen") { self.accept() }.detach()
    }

    func stop() { listener.stop() }

    private func accept() {
        while true {
            do throws(TransportError) {
                let connection = FrameConnection(try listener.accept())
                guard greeting.add(1, ordering: .relaxed).newValue <= Self.mostGreeting else {
                    greeting.subtract(1, ordering: .relaxed)
                    connection.shutdown()
                    continue
                }
                do throws(SystemError) {
                    try Thread(name: "replica") { self.serve(connection) }.detach()
                } catch {
                    greeting.subtract(1, ordering: .relaxed)
                    connection.shutdown()
                }
            } catch {
                if error == .stopped { return }
                Log.warning("A connection of the peer failed", ("REPLICACTL_DETAIL", error.description))
                Clock.sleep(milliseconds: 100)
            }
        }
    }

    private func serve(_ connection: FrameConnection) {
        var worker: ReplicaWorker?
        do throws(SessionFailure) {
            try PeerDial.welcome(connection, controller.configuration)
            worker = try admit(connection)
        } catch {
            connection.shutdown()
            controller.recorder.recordRefused(error)
        }
        greeting.subtract(1, ordering: .relaxed)
        // The session lives on this thread, however long it takes.
        worker?.run()
    }

    /// Answers the peer's request.
    ///
    /// - Returns: The worker of a new replica; `nil` after a mere check.
    private func admit(_ connection: FrameConnection) throws(SessionFailure) -> ReplicaWorker? {
        let frame: ReceivedFrame
        do throws(TransportError) { frame = try connection.receive(timeout: PeerDial.timeout) } catch {
            throw SessionFailure(error)
        }
        guard case .message(.protect(let request)) = frame.content else {
            throw SessionFailure(.connectionLost, "the peer asked for nothing that this host knows")
        }
        do throws(SessionFailure) {
            let worker = try controller.makeReplica(request, generation: frame.header.generation, connection)
            if worker == nil {
                do throws(TransportError) {
                    try connection.send(.ready, generation: frame.header.generation, timeout: PeerDial.timeout)
                } catch { throw SessionFailure(error) }
                connection.shutdown()
            }
            return worker
        } catch {
            PeerDial.refuse(connection, error, hint: "")
            throw error
        }
    }
}
