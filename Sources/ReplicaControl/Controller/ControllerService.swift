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

    /// What a starting controller does.
    enum StartStep: Equatable {
        /// Settles what an earlier controller left of the disks.
        case settleDisks
        /// Takes up what an earlier controller left on record.
        case takeUp
        /// Connects to the heartbeat service and gives it its claims.
        case speak
        /// Lets the peer ask for replicas.
        case admitReplicas
        /// Does what operators ask for.
        case serveOperator
    }

    /// The order of the start.
    ///
    /// A list of claims without a domain disowns it, and the peer may act on that: until all are taken up, the last claims
    /// of the controller before are repeated as what they are (safety rule 2).
    static let startOrder: [StartStep] = [.settleDisks, .takeUp, .speak, .admitReplicas, .serveOperator]

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
            listener = try ReplicaListener(controller)
            server = try ControlServer(path: configuration.control.socket, handler: controller)
            controller.recorder.recordStart(configuration)
            for step in startOrder {
                switch step {
                case .settleDisks: controller.settleDisks()
                case .takeUp: controller.takeUpRecordedDomains()
                case .speak: try controller.startHeartbeat()
                case .admitReplicas: try listener.start()
                case .serveOperator: try server.start()
                }
            }
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
        keepLastCopies(controller)
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

    /// Waits, with everything at work, while a replica here may be the last copy of its guest; systemd's stop time-out is the
    /// only bound.
    private static func keepLastCopies(_ controller: Controller) {
        var told: Set<DomainIdentity> = []
        let stop = MonotonicTime(nanoseconds: Clock.monotonic)
        while true {
            let report = StopPermit.word(controller.table.report, last: controller.table.lastReport, stop: stop)
            let kept = controller.table.entries.filter { $0.value.isLastCopy(report) }
            if kept.isEmpty { return }
            for (identity, entry) in kept where told.insert(identity).inserted {
                controller.recorder.recordLastCopy(identity, entry.name)
            }
            ServiceNotifier.watchdog()
            Clock.sleep(milliseconds: 500)
        }
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
