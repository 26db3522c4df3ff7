/// Why a client's measurement was over.
package enum MeasurementEnd: Equatable {
    /// The time that was asked for has passed.
    case time
    /// The client got SIGTERM or SIGINT.
    case signal
    /// The other side closed the connection in order.
    case closed
    /// The other side reset the connection.
    case reset
    /// The connection never came to be, for this reason.
    case connectFailed(String)
    /// The connection failed in another way, for this reason.
    case failed(String)

    /// True when the client itself ended a connection that was still up.
    package var leftConnectionUp: Bool { self == .time || self == .signal }

    /// The word in the result file.
    package var word: String {
        switch self {
        case .time: "time"
        case .signal: "signal"
        case .closed: "closed"
        case .reset: "reset"
        case .connectFailed: "connect-failed"
        case .failed: "error"
        }
    }

    /// The reason in the result file, where the word does not say it all.
    package var reason: String? {
        switch self {
        case .connectFailed(let reason), .failed(let reason): reason
        case .time, .signal, .closed, .reset: nil
        }
    }
}
