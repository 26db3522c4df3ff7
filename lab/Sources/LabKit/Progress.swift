import Foundation

/// Lines for people on standard error, each with the time since the start.
public struct Progress: Sendable {
    private let start = ContinuousClock.now

    /// Starts the clock.
    public init() {}

    /// Prints one line.
    ///
    /// - Parameter message: What has just been done, or is about to be.
    public func step(_ message: String) {
        let elapsed = (ContinuousClock.now - start).seconds.text(1)
        let padding = String(repeating: " ", count: max(0, 6 - elapsed.count))
        FileHandle.standardError.write(Data("[\(padding)\(elapsed) s] \(message)\n".utf8))
    }
}
