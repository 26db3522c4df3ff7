/// Why the exercise cannot run.
enum ExerciseError: Error, CustomStringConvertible {
    /// The command line is wrong.
    case usage(String)
    /// Something that it needs did not work: what was tried, and what happened.
    case failed(String, String)

    /// One sentence.
    var description: String {
        switch self {
        case .usage(let fault): "\(fault)\n\(ExerciseOptions.usage)"
        case .failed(let attempt, let outcome): "\(attempt): \(outcome)"
        }
    }

    /// The exit status.
    var status: Int32 {
        switch self {
        case .usage: 64
        case .failed: 70
        }
    }
}
