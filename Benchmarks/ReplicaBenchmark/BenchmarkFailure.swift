/// What a benchmark cannot go on with.
enum BenchmarkFailure: Error, CustomStringConvertible {
    /// Other pages came out than went in.
    case wrongPages(load: String, scheme: BenchmarkScheme)
    /// The trace has nothing to measure.
    case noCheckpoints(String)

    /// A sentence for people.
    var description: String {
        switch self {
        case .wrongPages(let load, let scheme): "\(load): other pages came out of \(scheme) than went in"
        case .noCheckpoints(let file): "\(file) has no page of a checkpoint: record it again, with more --checkpoints"
        }
    }
}
