/// Why the soak cannot run, or what it found.
enum SoakError: Error, CustomStringConvertible {
    /// The command line is wrong.
    case usage(String)
    /// Something that it needs did not work: what was tried, and what happened.
    case failed(String, String)
    /// Ctrl-C.
    case interrupted

    /// One sentence.
    var description: String {
        switch self {
        case .usage(let fault): "\(fault)\n\(SoakOptions.usage)"
        case .failed(let attempt, let outcome): "\(attempt): \(outcome)"
        case .interrupted: "ended by Ctrl-C; everything is cleaned up"
        }
    }

    /// The exit status.
    var status: Int32 {
        switch self {
        case .usage: 64
        case .failed: 70
        case .interrupted: 130
        }
    }
}
