import Synchronization

/// What a scenario works with: the lab, checks, and what is to be reported.
public final class ScenarioContext: Sendable {
    /// The lab.
    public let lab: Lab
    private let options: [String: Int]
    private let choices: [String: String]
    private let state = Mutex(State())

    private struct State {
        var findings = Findings()
        var endings: [@Sendable () -> Void] = []
    }

    /// What one round found out.
    struct Findings: Sendable {
        var figures: [String: Double] = [:]
        var notes: [String: String] = [:]
        var timeline = Timeline()
        var conclusions: [String] = []
        var trials: [TrialReport] = []
        var tables: [String: SampleTable] = [:]
    }

    init(lab: Lab, options: [String: Int], choices: [String: String] = [:]) {
        self.lab = lab
        self.options = options
        self.choices = choices
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

    /// Tries again and again until something has happened.
    ///
    /// - Parameters:
    ///   - event: What is waited for, as a clause: "xen2 runs the guest".
    ///   - limit: When to give up; generous, because an emulated host can stand still.
    ///   - pause: How long to sleep between two tries.
    ///   - attempt: Returns a value, or `nil` to be called again.
    /// - Returns: The value.
    /// - Throws: ``LabError`` with cause `timedOut`, or the error of a try.
    @discardableResult
    public func wait<Value>(
        until event: String, limit: Duration = .seconds(180), pause: Duration = .milliseconds(200),
        _ attempt: () throws(LabError) -> Value?
    ) throws(LabError) -> Value {
        guard let value = try Retry.until(limit: limit, pause: pause, attempt) else {
            throw LabError(.timedOut, attempt: "wait until \(event)", outcome: "it did not happen within \(limit)")
        }
        return value
    }

    /// Records a figure; it is printed and goes to the JSON report.
    ///
    /// - Parameters:
    ///   - name: What was measured, in lower case with underscores.
    ///   - value: The figure.
    ///   - unit: Its unit, which becomes the end of the figure's key; empty for a count.
    public func record(_ name: String, _ value: Double, unit: String = "") {
        state.withLock { $0.findings.figures[unit.isEmpty ? name : "\(name)_\(unit)"] = value }
        step("\(name.replacing("_", with: " ")): \(value.text(value == value.rounded() ? 0 : 3)) \(unit)")
    }

    /// Records a fact in words; it goes to the JSON report.
    ///
    /// - Parameters:
    ///   - name: What it is about, in lower case with underscores.
    ///   - text: The fact.
    public func note(_ name: String, _ text: String) {
        state.withLock { $0.findings.notes[name] = text }
        step("\(name.replacing("_", with: " ")): \(text)")
    }

    /// Puts an event on the timeline.
    ///
    /// - Parameters:
    ///   - event: What happened.
    ///   - time: When, in nanoseconds since 1970 on this machine's clock; `nil` stands for now.
    ///   - isOrigin: Whether the timeline counts from here.
    func mark(_ event: String, at time: UInt64? = nil, isOrigin: Bool = false) {
        let time = time ?? WallClock.now
        state.withLock { $0.findings.timeline.add(event, at: time, isOrigin: isOrigin) }
    }

    /// Says a result in a sentence; it is printed below the timeline.
    func conclude(_ sentence: String) {
        state.withLock { $0.findings.conclusions.append(sentence) }
    }

    /// Keeps what came of a fault.
    func add(_ trial: TrialReport) {
        state.withLock { $0.findings.trials.append(trial) }
    }

    /// Keeps samples that are to be plotted; they go to the JSON report.
    func add(_ table: SampleTable, as name: String) {
        state.withLock { $0.findings.tables[name] = table }
    }

    /// Has something done at the end of the scenario, however it ends; the last order first.
    func atEnd(_ work: @escaping @Sendable () -> Void) {
        state.withLock { $0.endings.append(work) }
    }

    /// Does what was ordered for the end.
    func finish() {
        let endings = state.withLock { state in
            defer { state.endings = [] }
            return state.endings
        }
        for ending in endings.reversed() { ending() }
    }

    /// The value of an option.
    func option(_ name: String) -> Int { options[name] ?? 0 }

    /// The word that was chosen for an option; `nil` if it was left out.
    func choice(_ name: String) -> String? { choices[name] }

    /// What was found out so far.
    var findings: Findings { state.withLock { $0.findings } }
}
