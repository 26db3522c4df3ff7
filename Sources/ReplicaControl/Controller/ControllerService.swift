// The controller as a service: starts its parts, tells systemd, and ends its sessions in good order.

internal import Heartbeat
internal import ReplicaModel
internal import SystemKit
internal import Telemetry
internal import XenToolstack

/// Runs the controller until it is told to stop.
public enum ControllerService {
    /// How long sessions have to end in good order, in nanoseconds.
    private static let stopBound: UInt64 = 15_000_000_000

    /// Runs the service on the calling thread.
    ///
    /// - Parameter configuration: What the operator set.
    /// - Throws: ``CommandError`` when it cannot start.
    public static func run(configuration: Configuration) throws(CommandError) {
        SignalSet.ignoreBrokenPipes()
        SignalSet.termination.block()
        let controller = try Controller(configuration: configuration)
        let listener: ReplicaListener
        let server: ControlServer
        do {
            try controller.startHeartbeat()
            listener = try ReplicaListener(controller)
            server = try ControlServer(path: configuration.control.socket, handler: controller)
            controller.recorder.recordStart(configuration)
            controller.takeUpRecordedDomains()
            try listener.start()
            try server.start()
        } catch {
            throw CommandError(
                .internalFault, "the controller cannot start: \(error)", hint: "is another one running on this host?")
        }
        let end = Mailbox<Void>(capacity: 1)
        do throws(SystemError) {
            // On a thread of its own: libxl or a witness that hangs must not make systemd end the controller.
            try Thread(name: "housekeeping") {
                repeat { controller.keepHouse() } while end.next(before: Clock.monotonic + 1_000_000_000) == nil
            }.detach()
        } catch { throw CommandError(.internalFault, error.description) }
        ServiceNotifier.ready(status: "peer \(configuration.peer.name)")
        waitForStop()
        ServiceNotifier.stopping()
        end.post(())
        server.stop()
        listener.stop()
        endSessions(controller)
        controller.guestEnds.stop()
        controller.arbiters.stop()
        controller.recorder.recordStop()
        Log.flush()
    }

    private static func waitForStop() {
        while SignalSet.termination.wait(seconds: 1) == nil { ServiceNotifier.watchdog() }
    }

    /// Ends protections and gives replicas up, so that no guest is left with held output by an orderly stop.
    private static func endSessions(_ controller: Controller) {
        for entry in controller.table.entries.values {
            switch entry {
            case .primary(let session): session.stop(.controllerStopping)
            case .replica(let session): session.stop(.controllerStopping)
            }
        }
        let deadline = Clock.monotonic + stopBound
        while Clock.monotonic < deadline, controller.table.entries.values.contains(where: { !$0.isReplaceable }) {
            Clock.sleep(milliseconds: 20)
        }
    }
}
