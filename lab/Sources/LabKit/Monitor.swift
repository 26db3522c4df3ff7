import Foundation

/// A connection to a QEMU's control socket (QMP).
struct Monitor {
    let socket: String

    /// Gives one order and waits for the answer.
    func execute(_ order: String, arguments: [String: any Sendable]) throws(LabError) {
        let messages =
            [["execute": "qmp_capabilities"], ["execute": order, "arguments": arguments]] as [[String: Any]]
        do throws(LineConnection.Failure) {
            let connection = try LineConnection(path: socket, timeout: .seconds(5))
            _ = try connection.nextLine()
            for message in messages {
                guard let data = try? JSONSerialization.data(withJSONObject: message) else { throw .refused("no JSON") }
                try connection.send(data)
                while true {
                    let line = try connection.nextLine()
                    let answer = (try? JSONSerialization.jsonObject(with: Data(line))) as? [String: Any]
                    if let error = answer?["error"] { throw .refused("QEMU answered \(error)") }
                    if answer?["return"] != nil { break }
                }
            }
        } catch {
            throw LabError(
                .systemCallFailed, attempt: "give an order to the QEMU at \(socket)", outcome: error.text,
                remedy: "See `lab/lab status`.")
        }
    }
}
