import PageEncoding

/// What one load gave, in GB (10⁹ bytes of the guest) a second of one core.
struct BenchmarkResult {
    let load: String
    let copy: Double
    let encode: Double
    let decode: Double
    let before: EncodingCounters
    let after: EncodingCounters

    /// One JSON object.
    var json: String {
        let plain = after.plainBytes - before.plainBytes
        let bytes = after.encodedBytes - before.encodedBytes
        let pages = PageScheme.allCases.compactMap { scheme -> String? in
            let count = after[scheme].pages - before[scheme].pages
            return count == 0 ? nil : "\"\(scheme)\": \(count)"
        }
        let figures: [(String, Double)] = [
            ("memcpy_gb_per_s", copy), ("encode_gb_per_s", encode), ("decode_gb_per_s", decode),
            ("encode_to_memcpy", encode / copy), ("decode_to_memcpy", decode / copy),
            ("encoded_to_plain", Double(bytes) / Double(plain)),
        ]
        let fields = figures.map { "\"\($0)\": \(Self.rounded($1))" }.joined(separator: ", ")
        return "{\"load\": \"\(load)\", \(fields), \"pages\": {\(pages.joined(separator: ", "))}}"
    }

    // Four digits behind the point; Swift's own description of them is JSON.
    private static func rounded(_ value: Double) -> Double { (value * 1e4).rounded() / 1e4 }
}

/// The report of all loads as JSON.
struct BenchmarkReport {
    private let options: BenchmarkOptions
    private var results: [BenchmarkResult] = []

    init(_ options: BenchmarkOptions) { self.options = options }

    mutating func add(_ result: BenchmarkResult) { results.append(result) }

    /// The whole report.
    var json: String {
        let lines = results.map { "    \($0.json)" }.joined(separator: ",\n")
        return """
            {
              "pages": \(options.pages), "runs": \(options.runs), "batch": \(options.batch),
              "packing_threshold": \(options.packingThreshold),
              "results": [
            \(lines)
              ]
            }
            """
    }
}
