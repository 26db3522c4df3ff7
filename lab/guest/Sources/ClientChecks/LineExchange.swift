internal import Glibc
internal import GuestSupport

/// A client that sends and takes lines over one connection, as much at a time as the kernel has room for.
protocol LineExchange {
    /// What has come and is no whole line yet.
    var input: LineBuffer { get }
    /// What waits to be sent.
    var output: [UInt8] { get set }

    /// Takes bytes that have come.
    mutating func judge(_ bytes: [UInt8])
}

extension LineExchange {
    /// Sends what waits, as far as there is room.
    ///
    /// - Returns: The end of the connection, if it came to one.
    mutating func flush(_ connection: borrowing FileDescriptor) -> MeasurementEnd? {
        while !output.isEmpty {
            switch output.withUnsafeBytes({ SocketOption.send(connection, $0) }) {
            case .bytes(let sent): output.removeFirst(sent)
            case .wouldBlock: return nil
            case .end, .failed: return receive(connection) ?? .closed
            }
        }
        return nil
    }

    /// Takes all that has come; returns the end of the connection, after its last bytes were judged.
    mutating func receive(_ connection: borrowing FileDescriptor) -> MeasurementEnd? {
        while true {
            let (transfer, bytes) = connection.readBytes(atMost: min(input.room, 16 * 1024))
            switch transfer {
            case .bytes: judge(bytes)
            case .wouldBlock: return nil
            case .end: return .closed
            case .failed(ECONNRESET): return .reset
            case .failed(let code): return .failed(SystemError(call: "read", code: code).description)
            }
            if input.isOverlong { return .failed("a line of more than \(input.limit) bytes came") }
        }
    }
}
