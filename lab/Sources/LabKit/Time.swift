import Foundation

extension Duration {
    /// The duration in seconds.
    public var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}

/// Text helpers for numbers.
extension Double {
    /// The number with the given count of digits after the point.
    func text(_ digits: Int) -> String {
        String(format: "%.\(digits)f", self)
    }
}

/// Something that may need several tries.
enum Retry {
    /// Tries until it works.
    ///
    /// - Parameters:
    ///   - limit: When to give up.
    ///   - pause: How long to sleep between two tries.
    ///   - attempt: Returns a value, or `nil` to be called again. An error ends the tries.
    /// - Returns: The value, or `nil` when the time is over.
    /// - Throws: The error of a try.
    static func until<Value>(
        limit: Duration, pause: Duration, _ attempt: () throws(LabError) -> Value?
    ) throws(LabError) -> Value? {
        let end = ContinuousClock.now + limit
        while true {
            if let value = try attempt() { return value }
            guard ContinuousClock.now < end else { return nil }
            Thread.sleep(forTimeInterval: pause.seconds)
        }
    }
}
