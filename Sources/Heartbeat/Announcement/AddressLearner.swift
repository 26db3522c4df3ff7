public import SystemKit

/// Learns the addresses of a guest's interface from what the guest sends, on a thread of its own.
///
/// It watches the interface in front of the output buffer, so it sees frames that are still held. Wake-ups are few: the
/// kernel passes it ARP and neighbour discovery only. A frame in a VLAN tells nothing here. Dropping the value ends the
/// thread too, without waiting for it.
public struct AddressLearner: ~Copyable, Sendable {
    private let thread: Thread
    private let stopper: StopOnDrop
    private let watch: AddressWatch

    /// Starts to watch an interface.
    ///
    /// - Parameters:
    ///   - interface: The guest's interface in this host, such as `vif3.0`.
    ///   - known: The interface's Ethernet address, and addresses known from before.
    /// - Returns: The running learner.
    /// - Throws: ``SystemError`` when there is no such interface, no socket or no thread.
    public static func start(on interface: String, known: GuestAddresses) throws(SystemError) -> AddressLearner {
        let stop = try StopSignal()
        let socket = try PacketSocket.listener(on: interface, most: UInt32(LearnedAddress.wantedBytes))
        let watch = AddressWatch(socket: socket, known: known, stop: stop)
        let thread = try Thread(name: "learn") { watch.run() }
        return AddressLearner(thread: thread, stopper: StopOnDrop(signal: stop), watch: watch)
    }

    /// What is known now.
    public var addresses: GuestAddresses { watch.addresses }

    /// Why the thread ended by itself, or nil while it runs; an interface that went is no failure, it only falls silent.
    public var failure: SystemError? { watch.failure }

    /// Ends the thread.
    public consuming func stop() {
        stopper.signal.fire()
        thread.join()
    }
}
