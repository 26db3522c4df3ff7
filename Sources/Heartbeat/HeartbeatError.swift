public import SystemKit

/// Why the heartbeat service or its client cannot start.
public enum HeartbeatError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A value is out of its range; correct the configuration.
    case configuration(String)
    /// A path's address is not a numeric address, or the two are of different families; correct the configuration.
    case address(path: String, String)
    /// A path's socket could not be opened; check that the port is free.
    case path(String, SystemError)
    /// The local socket could not be opened; check its directory and that no other heartbeat service runs.
    case socket(String, SystemError)
    /// The file of the key cannot be used, or a new one cannot be written.
    case key(path: String, KeyFault)
    /// The system gave no thread or no random bytes.
    case system(SystemError)

    /// One sentence with what was tried and what to do.
    public var description: String {
        switch self {
        case .configuration(let fault): "heartbeat configuration: \(fault)"
        case .address(let path, let address):
            "heartbeat path \(path): \"\(address)\" is no numeric address of the path's family; correct it"
        case .path(let path, let error): "heartbeat path \(path): \(error); is the port free?"
        case .socket(let path, let error):
            "heartbeat socket \(path): \(error); does its directory exist, does another heartbeat service run?"
        case .key(let path, let fault): "heartbeat key \(path): \(fault.text(for: path))"
        case .system(let error): "heartbeat: \(error)"
        }
    }
}
