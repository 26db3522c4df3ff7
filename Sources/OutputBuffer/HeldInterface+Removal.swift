internal import SystemKit

extension HeldInterface {
    /// Opens the output and takes away all that was added: afterwards the interface is as it was before.
    ///
    /// Nothing that was held is lost: the buffer device goes only when its last frame has left it.
    ///
    /// - Parameter drainMilliseconds: How long to wait for the last frame, at most.
    /// - Throws: ``OutputBufferError/notDrained(interface:frames:)`` when the time was over, or the kernel's refusal. The
    ///   output is open then; attach again to have another try.
    public consuming func remove(drainMilliseconds: UInt64 = 2000) throws(OutputBufferError) {
        try open()
        let name = interface
        let deadline = Clock.monotonic + drainMilliseconds * 1_000_000
        // The first wait keeps the order of frames: none overtakes the queue while it empties.
        try waitUntilDrained(deadline)
        do throws(RouteFailure) {
            try socket.deleteIngress(interface: interfaceIndex)
        } catch {
            throw error.during(.remove, on: name)
        }
        // A frame that was inside the filter when it went can still arrive; then the device is idle for good.
        Clock.sleep(milliseconds: 1)
        try waitUntilDrained(deadline)
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

    private borrowing func deleteDevice() throws(OutputBufferError) {
        do throws(RouteFailure) {
            try socket.deleteLink(index: deviceIndex)
        } catch {
            throw error.during(.remove, on: interface)
        }
    }

    /// Waits until the plug and the device behind it hold no frame.
    private borrowing func waitUntilDrained(_ deadline: UInt64) throws(OutputBufferError) {
        while true {
            let waiting: UInt64
            do throws(RouteFailure) {
                let queued = try socket.plugStatistics(device: deviceIndex)?.heldFrames ?? 0
                let device = try socket.link(named: bufferDevice)
                waiting = queued + (device.map { $0.framesIn &- $0.framesDone } ?? 0)
            } catch {
                throw error.during(.remove, on: interface)
            }
            if waiting == 0 { return }
            if Clock.monotonic > deadline { throw .notDrained(interface: interface, frames: waiting) }
            Clock.sleep(milliseconds: 1)
        }
    }
}
