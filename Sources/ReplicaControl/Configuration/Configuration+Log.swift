internal import Telemetry

extension Configuration {
    /// Makes the log of this process follow `log.level`.
    func applyLogLevel() {
        let level: LogLevel =
            switch log.level {
            case .error: .error
            case .warning: .warning
            case .notice: .notice
            case .info: .info
            case .debug: .debug
            }
        Log.setMinimumLevel(level)
    }
}
