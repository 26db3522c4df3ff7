public import SystemKit

/// Why a page trace could not be written or read.
public enum PageTraceError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A system call failed.
    case system(path: String, cause: SystemError)
    /// The file is no page trace, or not of this version.
    case notATrace(path: String, String)
    /// A section has more pages than one section may have.
    case tooManyPages(Int)

    /// What was tried, on what, what happened, and what to do.
    public var description: String {
        switch self {
        case .system(let path, let cause):
            "The page trace \(path) cannot be used: \(cause). Check the path, its rights and the free space."
        case .notATrace(let path, let why):
            "\(path) is no page trace of this version: \(why). Record one with `replica-meter trace`."
        case .tooManyPages(let pages):
            "A section of \(pages) pages is more than a page trace takes: shorten the interval."
        }
    }
}
