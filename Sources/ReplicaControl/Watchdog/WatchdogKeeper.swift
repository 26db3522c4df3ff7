// Keeps the hypervisor's watchdog from firing for as long as the heartbeat's own thread beats.

internal import Glibc
internal import ReplicaModel
internal import Synchronization
internal import SystemKit
internal import Telemetry
internal import XenToolstack

/// Kicks the watchdog from the heartbeat's thread: a Dom0 in which that thread does not run any more is reset by Xen before
/// its lease can be taken, and cannot come back to life beside the new owner (safety rule 2).
final class WatchdogKeeper: Sendable {
    private struct State: ~Copyable {
        var watchdog: HypervisorWatchdog?
        var schedule: WatchdogSchedule
        var isFailing = false
    }

    /// The number of the watchdog that an earlier instance armed; on a file system that a reset clears.
    private static let slotFile = "/run/replicactl/watchdog"

    private let state: Mutex<State>

    /// Arms the watchdog, or takes over the one that an earlier instance left armed.
    ///
    /// - Parameter seconds: How long after the last beat the host is reset, 2 to 3600.
    /// - Throws: ``CommandError`` when Xen does not let it.
    init(seconds: UInt32) throws(CommandError) {
        let schedule = WatchdogSchedule(seconds: seconds, armedAt: MonotonicTime(nanoseconds: Clock.monotonic))
        do throws(ToolstackError) {
            let watchdog = try HypervisorWatchdog(try Hypervisor(), seconds: seconds, taking: Self.recordedSlot)
            Self.record(watchdog.slot)
            state = Mutex(State(watchdog: watchdog, schedule: schedule))
        } catch {
            throw CommandError(
                .internalFault, "the hypervisor's watchdog cannot be armed: \(error)",
                hint: "stop what else uses it (xenwatchdogd), or set watchdog.timeout_s = 0")
        }
    }

    /// Called at every beat of the heartbeat.
    func beat() {
        state.withLock { state in
            let now = MonotonicTime(nanoseconds: Clock.monotonic)
            guard state.schedule.isDue(at: now) else { return }
            do throws(ToolstackError) {
                try state.watchdog.use { (watchdog) throws(ToolstackError) in try watchdog.kick() }
                state.schedule.noteKick(at: now)
                state.isFailing = false
            } catch {
                if !state.isFailing {
                    Log.error("The hypervisor's watchdog cannot be kicked", ("REPLICACTL_DETAIL", error.description))
                }
                state.isFailing = true
            }
        }
    }

    /// The service ends in good order: nobody watches the host from here on.
    func disarm() {
        state.withLock { state in
            guard let watchdog = state.watchdog.take() else { return }
            do throws(ToolstackError) {
                try watchdog.disarm()
                unlink(Self.slotFile)
            } catch {
                Log.error("The hypervisor's watchdog cannot be disarmed", ("REPLICACTL_DETAIL", error.description))
            }
        }
    }

    /// Disarms what an instance that crashed left armed: this one cannot run, and is not started again.
    ///
    /// Only under systemd, which runs one instance: one that is tried by hand must not end the watch over another.
    static func disarmLeftover() {
        guard getenv("NOTIFY_SOCKET") != nil, let slot = recordedSlot else { return }
        do throws(ToolstackError) {
            // Taking it over is the only way to it; should it be gone, another one is armed for no time at all.
            try HypervisorWatchdog(
                try Hypervisor(), seconds: HypervisorWatchdog.secondsRange.upperBound, taking: slot
            ).disarm()
            unlink(slotFile)
            Log.warning("The hypervisor's watchdog was disarmed, for the heartbeat cannot run")
        } catch {
            Log.error("The hypervisor's watchdog cannot be disarmed", ("REPLICACTL_DETAIL", error.description))
        }
    }

    private static var recordedSlot: UInt32? {
        guard let bytes = try? FileDescriptor.contents(of: slotFile, atMost: 16) else { return nil }
        return UInt32(String(decoding: bytes, as: UTF8.self).filter(\.isNumber))
    }

    private static func record(_ slot: UInt32) {
        guard let file = fopen(slotFile, "we") else { return }
        defer { fclose(file) }
        _ = "\(slot)\n".withCString { fputs($0, file) }
    }
}
