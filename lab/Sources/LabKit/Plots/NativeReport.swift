import Foundation

/// The report of `replica-benchmark`: the data path without Xen, on recorded pages or on made-up ones.
struct NativeReport: Decodable, Equatable {
    /// What one step of one way of encoding took.
    struct Step: Decodable, Equatable {
        let best: Double
        let median: Double
        let nanoseconds: Double
        let allocations: Double

        private enum CodingKeys: String, CodingKey {
            case best = "best_gb_per_s"
            case median = "median_gb_per_s"
            case nanoseconds = "ns_per_page"
            case allocations = "allocations_per_page"
        }
    }

    /// What was made of some pages.
    struct Choice: Decodable, Equatable {
        let pages: Int
    }

    /// One way of encoding on one load.
    struct Encoding: Decodable, Equatable {
        let load: String
        let scheme: String
        let pages: Int
        let ratio: Double
        let memcpy: Step
        let encode: Step?
        let decode: Step?
        let choices: [String: Choice]

        private enum CodingKeys: String, CodingKey {
            case load, scheme, pages, memcpy, encode, decode, choices
            case ratio = "sent_to_raw"
        }

        /// The share of pages that some choices were made for.
        func share(_ names: String...) -> Double {
            Double(names.reduce(0) { $0 + (choices[$1]?.pages ?? 0) }) / Double(max(1, pages))
        }
    }

    let machine: String
    let replays: Int
    let encodings: [Encoding]
    /// Whether the pages were recorded; otherwise they are made up.
    let isRecorded: Bool

    private enum CodingKeys: String, CodingKey {
        case benchmark, machine, replays, encodings, trace
    }

    init(from decoder: any Decoder) throws {
        let report = try decoder.container(keyedBy: CodingKeys.self)
        _ = try report.decode(String.self, forKey: .benchmark)
        machine = try report.decode(String.self, forKey: .machine)
        replays = try report.decode(Int.self, forKey: .replays)
        encodings = try report.decode([Encoding].self, forKey: .encodings)
        isRecorded = report.contains(.trace)
    }
}
