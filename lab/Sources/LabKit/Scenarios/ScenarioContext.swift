import Synchronization

/// What a scenario works with.
public final class ScenarioContext: Sendable {
    /// The lab.
    public let lab: Lab
    private let recorded = Mutex<[Measurement]>([])

    init(lab: Lab) {
        self.lab = lab
    }

    /// Tells what happens now.
    ///
    /// - Parameter message: The message.
    public func step(_ message: String) {
        lab.progress.step(message)
    }

    /// Demands that something holds.
    ///
    /// - Parameters:
    ///   - condition: Whether it holds.
    ///   - statement: What should hold, and the value found.
    /// - Throws: ``LabError`` with cause `checkFailed`.
    public func check(_ condition: Bool, _ statement: String) throws(LabError) {
        guard condition else { throw LabError(.checkFailed, attempt: "confirm", outcome: statement) }
        step("ok: \(statement)")
    }

    /// Records a figure; it is printed and goes to the JSON report.
    ///
    /// - Parameters:
    ///   - name: What was measured.
    ///   - value: The figure.
    ///   - unit: Its unit.
    public func record(_ name: String, _ value: Double, unit: String) {
        recorded.withLock { $0.append(Measurement(name: name, value: value, unit: unit)) }
        step("\(name): \(value.text(3)) \(unit)")
    }

    var measurements: [Measurement] { recorded.withLock { $0 } }

    struct Measurement: Encodable {
        let name: String
        let value: Double
        let unit: String
    }
}
