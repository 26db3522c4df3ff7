/// What came of one fault.
struct TrialReport: Encodable, Sendable {
    /// Its number in the campaign, from 1.
    let number: Int
    let fault: String
    /// Who owned the guest before.
    let before: HostName
    /// Who owns it now.
    let after: HostName
    /// How long fault, recovery and checks took, in seconds.
    let seconds: Double
    /// Numbers; each key ends with its unit.
    let figures: [String: Double]
    let timeline: [Timeline.Line]

    /// The distribution of every figure over several faults.
    static func summary(_ trials: [TrialReport]) -> [String: FigureSummary] {
        Dictionary(grouping: trials.flatMap(\.figures), by: \.key).compactMapValues { FigureSummary($0.map(\.value)) }
    }

    /// The trial in one line.
    var text: String {
        let silence = figures["client_silence_ms"].map { "silent \(($0 / 1000).text(1)) s, " } ?? ""
        let unprotected = figures["unprotected_s"].map { "unprotected \($0.text(1)) s, " } ?? ""
        return "  \(number). \(fault.padding(to: 30)) \(before) -> \(after)  "
            + "\(silence)\(unprotected)\(seconds.text(0)) s in all\n"
    }

    /// All faults and the distributions, as a person reads them.
    static func text(_ trials: [TrialReport]) -> String {
        let spread = summary(trials).sorted { $0.key < $1.key }.map { "  \($0.key.padding(to: 26)) \($0.value.text)\n" }
        return (trials.map(\.text) + spread).joined()
    }
}

extension HostName: Encodable {}
