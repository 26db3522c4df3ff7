public import ReplicaModel

/// A reliable, ordered stream of bytes to one peer: TCP today, and the place where mutual TLS goes.
///
/// One thread may send while another one receives; ``shutdown()`` may come from any thread.
public protocol Transport: Sendable {
    /// Who is at the other end, for the log.
    var peer: String { get }

    /// Sends a header and a payload, without copying either.
    ///
    /// - Parameters:
    ///   - header: The first bytes.
    ///   - payload: The bytes after them; may be empty.
    ///   - timeout: The longest time for all of it.
    /// - Throws: ``TransportError/closed``, ``TransportError/stopped``, ``TransportError/stalled``,
    ///   ``TransportError/system(_:)``. The stream is then no longer usable for sending.
    func send(
        _ header: UnsafeRawBufferPointer, _ payload: UnsafeRawBufferPointer, timeout: Milliseconds
    ) throws(TransportError)

    /// Fills the whole buffer.
    ///
    /// - Parameters:
    ///   - buffer: Where the bytes go.
    ///   - timeout: The longest time without a new byte, or `nil` to wait as long as it takes.
    /// - Throws: ``TransportError/timedOut`` when no byte came at all, ``TransportError/stalled`` when some came;
    ///   ``TransportError/closed``, ``TransportError/stopped``, ``TransportError/system(_:)``.
    func receive(into buffer: UnsafeMutableRawBufferPointer, timeout: Milliseconds?) throws(TransportError)

    /// Tells the peer that nothing more will be sent; receiving goes on.
    func finishSending()

    /// Ends the connection, and wakes every thread that waits in it with ``TransportError/stopped``.
    func shutdown()
}
