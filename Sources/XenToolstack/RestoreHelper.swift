internal import Glibc
public import ReplicaModel
internal import SystemKit

/// A replica's paused shell on this host, kept by a helper process that runs libxl's restore of a checkpointed stream.
///
/// Only complete, acknowledged epochs may be written to it. The end of the stream makes libxl finish the domain, paused;
/// only ``activate(finalName:)`` lets it run (safety rule 2). Whatever else happens, the domain is destroyed: on
/// ``abort()``, when this value is let go of, and by the helper itself when the controller dies.
public struct RestoreHelper: ~Copyable {
    /// The identity of the domain that is restored.
    public let identity: DomainIdentity
    /// The name that it has until it is activated.
    public let name: String
    private let hypervisor: Hypervisor
    private let log: @Sendable (String) -> Void
    private let process: HelperProcess
    private var control: LineReader
    private var stream: FileDescriptor?
    private let configuration: DomainConfiguration
    private let devices: DirectDevices
    private var restored: DomainID?
    private var isConnected = false
    private var isSettled = false

    private static let verb = "restore"
    /// Libxl's devices and scripts have this long to be ready or gone.
    private static let bound: Milliseconds = 60_000

    /// Starts a helper, which creates the domain at once.
    ///
    /// Ignores SIGPIPE in this process, so that a dead helper shows as an error of the write.
    ///
    /// - Parameters:
    ///   - hypervisor: This host's hypervisor.
    ///   - configuration: The domain's configuration, from the primary.
    ///   - name: Its temporary name, not in use on this host.
    ///   - connectsDirectly: Whether ``connectDevices()`` takes the place of Xen's stock scripts, where it can.
    ///   - log: Called for each line that libxl says, on another thread.
    /// - Throws: ``ToolstackError/helperNotStarted(verb:cause:)``, ``ToolstackError/helperFailed(verb:message:)`` or
    ///   ``ToolstackError/malformedConfiguration(_:)``.
    public init(
        hypervisor: Hypervisor, configuration: DomainConfiguration, name: String, connectsDirectly: Bool,
        log: @escaping @Sendable (String) -> Void
    ) throws(ToolstackError) {
        signal(SIGPIPE, SIG_IGN)
        let devices = connectsDirectly ? try configuration.directDevices() : .none
        let control = try ChannelEnds.opened(for: Self.verb, ChannelEnds.connection)
        let stream = try ChannelEnds.opened(for: Self.verb, ChannelEnds.stream)
        let process = try HelperProcess(
            verb: Self.verb,
            descriptors: [
                DescriptorPlan(source: control.far.number, target: ToolstackHelperProcess.controlDescriptor),
                DescriptorPlan(source: stream.far.number, target: ToolstackHelperProcess.streamDescriptor),
            ], log: log)
        let reader = control.keepNear()
        let writer = stream.keepWriter()
        let request = HelperMessage.restore(
            configurationBytes: configuration.json.utf8.count, leaving: LeftDevices(devices), name: name)
        do throws(SystemError) { try reader.write(request.line + "\n" + configuration.json) } catch {
            throw process.failure("it did not take the configuration: \(error)")
        }
        self.hypervisor = hypervisor
        self.identity = configuration.identity
        self.configuration = configuration
        self.name = name
        self.log = log
        self.devices = devices
        self.process = process
        self.control = reader
        self.stream = consume writer
    }

    deinit {
        if isSettled {
            // The helper may still have to rename the domain, and a device model of the guest's is its child.
            process.leave(timeout: Self.bound)
        } else {
            // There is nobody to tell; a domain that remains is paused, and its helper is dead.
            try? discard()
        }
    }

    /// Feeds libxl; waits while it is behind, but not for one that takes nothing for a minute.
    ///
    /// - Parameter bytes: Whole records of a libxl v2 stream, up to the end of a committed epoch.
    /// - Throws: ``ToolstackError/helperFailed(verb:message:)`` when the helper has ended or the stream is finished.
    public borrowing func write(_ bytes: UnsafeRawBufferPointer) throws(ToolstackError) {
        do throws(SystemError) {
            guard stream != nil else { throw SystemError(code: EBADF, call: "write") }
            try stream?.writeAll(bytes, patience: Self.bound.nanoseconds)
        } catch {
            throw process.failure("it does not take the stream: \(error)")
        }
    }

    /// Ends the stream after the last committed epoch: libxl now finishes the domain and its devices, paused.
    ///
    /// May be called again.
    public mutating func finishStream() { stream = nil }

    /// Whether nothing opens a disk of the domain before ``connectDevices()``: the stream may then be finished while the
    /// disks are still another host's.
    public var opensDisksLast: Bool { devices.coverAllDisks }

    /// The domain being restored, as far as Xen knows it.
    ///
    /// - Returns: `nil` until libxl has created it, some milliseconds after the start.
    /// - Throws: The failed call.
    public borrowing func replica() throws(ToolstackError) -> DomainInformation? {
        guard let domain = try hypervisor.domain(with: identity) else { return nil }
        // A domain of this identity under another name is not ours to touch.
        return domain.name == nil || domain.name == name ? domain : nil
    }

    /// Waits until libxl has finished the domain, but for the devices that were left to ``connectDevices()``; the stream
    /// must be finished.
    ///
    /// - Parameter timeout: How long at most.
    /// - Returns: The domain, paused.
    /// - Throws: ``ToolstackError/helperTimedOut(verb:_:)``, or ``ToolstackError/helperFailed(verb:message:)`` when the
    ///   stream did not hold a complete epoch.
    public mutating func waitRestored(timeout: Milliseconds) throws(ToolstackError) -> DomainID {
        if let restored { return restored }
        guard case .restored(let domain) = try answer(timeout) else { throw process.failure("it lost the protocol") }
        restored = domain
        return domain
    }

    /// Connects the devices that libxl was told to leave; the domain must be restored, and its disks this host's.
    ///
    /// - Throws: ``ToolstackError/hostEndNotConnected(_:script:failure:)``, or the failed call; also before
    ///   ``waitRestored(timeout:)`` has succeeded.
    public mutating func connectDevices() throws(ToolstackError) {
        guard let restored else { throw process.failure("the domain is not restored yet") }
        if !LeftDevices(devices).isEmpty {
            try HostEndConnection(of: restored, log: log).connect(
                devices, suitable: try configuration.directDevices())
        }
        isConnected = true
    }

    /// Lets the restored domain run, and then gives it its final name: the only way to start a replica (safety rule 2).
    ///
    /// - Parameter finalName: The domain's own name. If it is taken, the guest runs under the temporary one.
    /// - Returns: The domain, running; it has its final name when this value has been let go of.
    /// - Throws: ``ToolstackError/helperFailed(verb:message:)`` also before ``connectDevices()`` has succeeded,
    ///   or ``ToolstackError/helperTimedOut(verb:_:)``. The order may have been obeyed all the same: ask for the domain.
    public mutating func activate(finalName: String) throws(ToolstackError) -> DomainID {
        guard isConnected else { throw process.failure("the domain is not restored yet") }
        // From here on the guest may run: nothing may destroy it any more.
        isSettled = true
        do throws(SystemError) { try control.write(HelperMessage.activate(name: finalName).line + "\n") } catch {
            throw process.failure("it did not take the order to activate: \(error)")
        }
        guard case .running(let domain) = try answer(Self.bound) else { throw process.failure("it lost the protocol") }
        return domain
    }

    /// Ends the helper and libxl's own: from here on nobody obeys an order that was not obeyed yet.
    public borrowing func kill() { process.kill() }

    /// Ends the helper and libxl's own, and destroys the paused domain.
    ///
    /// - Throws: ``ToolstackError/domainRemains(_:_:)``, or the failed call.
    public consuming func abort() throws(ToolstackError) {
        isSettled = true
        try discard()
    }

    private borrowing func discard() throws(ToolstackError) {
        // First the processes, or the end of the stream would make them finish the domain.
        process.kill()
        let deadline = Clock.monotonic + Self.bound.nanoseconds
        while let domain = try replica() {
            if Clock.monotonic > deadline { throw .domainRemains(identity, Self.bound) }
            if domain.state != .dying { try ToolstackHelper.destroy(domain.id, log: log) }
            Clock.sleep(milliseconds: 20)
        }
    }

    private mutating func answer(_ timeout: Milliseconds) throws(ToolstackError) -> HelperMessage {
        switch control.line(until: Clock.monotonic + timeout.nanoseconds) {
        case .timedOut: throw .helperTimedOut(verb: Self.verb, timeout)
        case .end:
            let status = isSettled ? "" : " with status \(process.wait())"
            throw process.failure("it ended" + status)
        case .line(let line):
            guard let message = HelperMessage(line: line) else { throw process.failure("it said \(line)") }
            if case .failed(let text) = message { throw process.failure(text) }
            return message
        }
    }
}
