internal import SystemKit

extension HeldInterface {
    /// Opens the output and takes away all that was added: afterwards the interface is as it was before.
    ///
    /// Nothing that was held is lost: the buffer device goes only when its last frame has left it. One that is gone already,
    /// as after ``cleanUpOrphans()``, is no error.
    ///
    /// - Parameter drainMilliseconds: How long to wait for the last frame, at most.
    /// - Throws: ``OutputBufferError/notDrained(interface:frames:)`` when the time was over, or the kernel's refusal. The
    ///   output is open then and the frames still leave; the device goes with the next ``attach(interface:limitBytes:)`` or,
    ///   once the interface is gone, with ``cleanUpOrphans()``.
    public consuming func remove(drainMilliseconds: UInt64 = 2000) throws(OutputBufferError) {
        if try deviceExists() { try open() }
        let start = Clock.monotonic
        // Frames that come after the redirect has gone overtake those in the queue, so it is let run empty first. A guest
        // that sends faster than the queue empties must not keep its buffer for ever: half of the time, and no longer.
        _ = try framesLeft(waitingUntil: start + drainMilliseconds * 500_000)
        do throws(RouteFailure) {
            try socket.deleteIngress(interface: interfaceIndex)
        } catch {
            throw error.during(.remove, on: interface)
        }
        // A frame that was inside the filter when that went can still arrive; after it the device is idle for good.
        Clock.sleep(milliseconds: 1)
        let left = try framesLeft(waitingUntil: start + drainMilliseconds * 1_000_000)
        guard left == 0 else { throw .notDrained(interface: interface, frames: left) }
        try deleteDevice()
    }

    /// Throws away all that is held, without letting any of it out, and keeps the guest silent (safety rule 2).
    ///
    /// For an owner that stands down. The buffer device goes at once with its frames. The redirect stays on the interface
    /// and drops every frame from then on, until the interface itself goes with its domain: if it went now, a guest that
    /// still ran would be heard. To give the interface back to a guest that is to go on, attach again and remove.
    ///
    /// Call it before the domain is destroyed: frames that are held keep pages of the guest, and the kernel waits for
    /// them before it lets the interface go.
    ///
    /// - Throws: The kernel's refusal; the frames are still held then.
    public consuming func discardAndRemove() throws(OutputBufferError) {
        try deleteDevice()
    }

    private borrowing func deviceExists() throws(OutputBufferError) -> Bool {
        do throws(RouteFailure) {
            return try socket.link(named: bufferDevice)?.index == deviceIndex
        } catch {
            throw error.during(.remove, on: interface)
        }
    }

    private borrowing func deleteDevice() throws(OutputBufferError) {
        do throws(RouteFailure) {
            try socket.deleteLink(index: deviceIndex)
        } catch {
            throw error.during(.remove, on: interface)
        }
    }

    /// Waits until the plug and the device behind it hold no frame, and says how many are left when the time is over.
    private borrowing func framesLeft(waitingUntil deadline: UInt64) throws(OutputBufferError) -> UInt64 {
        while true {
            let left: UInt64
            do throws(RouteFailure) {
                let queued = try socket.plugStatistics(device: deviceIndex)?.heldFrames ?? 0
                let device = try socket.link(named: bufferDevice)
                left = queued + (device.map { $0.framesIn &- $0.framesDone } ?? 0)
            } catch {
                throw error.during(.remove, on: interface)
            }
            if left == 0 || Clock.monotonic > deadline { return left }
            Clock.sleep(milliseconds: 1)
        }
    }
}
