internal import PageTrace
internal import SystemKit
internal import XenToolstack

/// Why the meter ended early.
struct MeterError: Error, CustomStringConvertible {
    /// The exit status: 64 for a wrong command line, 71 for everything else.
    let status: Int32
    let description: String

    static func usage(_ text: String) -> MeterError { MeterError(status: 64, description: text) }

    static func system(_ error: SystemError) -> MeterError { MeterError(status: 71, description: error.description) }

    static func trace(_ error: PageTraceError) -> MeterError {
        MeterError(status: 71, description: error.description)
    }

    static func toolstack(_ error: ToolstackError) -> MeterError {
        MeterError(status: 71, description: error.description)
    }
}
