import Foundation

/// A connection to a QEMU's control socket (QMP).
struct Monitor {
    let socket: String

    /// Gives one order and waits for the answer.
    func execute(_ order: String, arguments: [String: any Sendable]) throws(LabError) {
        let descriptor = try connected()
        defer { close(descriptor) }
        var buffer: [UInt8] = []
        _ = try nextLine(descriptor, &buffer)
        for message in [["execute": "qmp_capabilities"], ["execute": order, "arguments": arguments]] as [[String: Any]]
        {
            try send(message, descriptor)
            while true {
                let line = try nextLine(descriptor, &buffer)
                let answer = (try? JSONSerialization.jsonObject(with: Data(line))) as? [String: Any]
                if let error = answer?["error"] { throw failure("QEMU answered \(error)") }
                if answer?["return"] != nil { break }
            }
        }
    }

    private func connected() throws(LabError) -> Int32 {
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: socket.utf8) }
        let status = withUnsafeBytes(of: &address) {
            connect(
                descriptor, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                socklen_t(MemoryLayout<sockaddr_un>.size))
        }
        guard status == 0 else {
            let code = errno
            close(descriptor)
            throw failure(String(cString: strerror(code)))
        }
        return descriptor
    }

    private func send(_ message: [String: Any], _ descriptor: Int32) throws(LabError) {
        guard let data = try? JSONSerialization.data(withJSONObject: message) else { throw failure("no JSON") }
        let bytes = [UInt8](data) + [UInt8(ascii: "\n")]
        guard Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            throw failure(String(cString: strerror(errno)))
        }
    }

    private func nextLine(_ descriptor: Int32, _ buffer: inout [UInt8]) throws(LabError) -> [UInt8] {
        while true {
            if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                let line = Array(buffer[..<end])
                buffer.removeFirst(end + 1)
                return line
            }
            var chunk = [UInt8](repeating: 0, count: 4096)
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count > 0 else {
                throw failure(count == 0 ? "QEMU closed the connection" : "QEMU did not answer within 5 s")
            }
            buffer += chunk[..<count]
        }
    }

    private func failure(_ outcome: String) -> LabError {
        LabError(
            .systemCallFailed, attempt: "give an order to the QEMU at \(socket)", outcome: outcome,
            remedy: "See `lab/lab status`.")
    }
}
