/// Markdown tables and plots of what `replica-benchmark` measured on recorded pages.
struct NativeTables {
    private let reports: [NativeReport]
    private let encodings: [NativeReport.Encoding]

    /// The order in which the ways of encoding stand side by side.
    private static let schemes = ["auto", "fast", "thin", "none"]

    /// Takes the reports of recorded pages; those of made-up ones say nothing about guests.
    init(_ reports: [NativeReport]) {
        self.reports = reports.filter(\.isRecorded)
        encodings = self.reports.flatMap(\.encodings)
    }

    private var loads: [String] {
        encodings.reduce(into: []) { loads, one in if !loads.contains(one.load) { loads.append(one.load) } }
    }

    private func encoding(_ load: String, _ scheme: String) -> NativeReport.Encoding? {
        encodings.first { $0.load == load && $0.scheme == scheme }
    }

    /// The rows of the table of goals: what the default way of encoding comes to.
    var goals: [[String]] {
        loads.flatMap { load -> [[String]] in
            guard let one = encoding(load, "auto"), let encode = one.encode else { return [] }
            let speed = encode.median
            let share = encode.median / one.memcpy.median
            let reached = speed >= 5 ? "goal" : speed >= 2.5 ? "first step" : "no"
            return [
                ["encode, one core, GB/s", load, speed.text(2), "2.5", "5", reached],
                ["encode / memcpy", load, share.text(3), "", "0.5", share >= 0.5 ? "goal" : "no"],
            ]
        }
    }

    /// The sections, or nothing without a report.
    var sections: [String] {
        guard let first = reports.first else { return [] }
        let ratios = loads.map { load in
            [load] + Self.schemes.map { scheme in encoding(load, scheme).map { $0.ratio.text(4) } ?? "" }
        }
        let speeds = loads.flatMap { load in
            Self.schemes.compactMap { scheme in encoding(load, scheme).flatMap(Self.speeds) }
        }
        let choices = loads.compactMap { load in encoding(load, "auto").map(Self.choices) }
        return [
            """
            ## Encoding of recorded pages

            - machine: \(first.machine), one thread
            - replays: \(first.replays), the median counts
            """,
            "Bytes sent / raw dirty bytes, by `encoding.scheme` and load:",
            BenchTables.table(["load"] + Self.schemes, ratios),
            "Speed of one core, in 10⁹ bytes of the guest a second:",
            BenchTables.table(
                [
                    "load", "scheme", "memcpy", "encode", "best", "ns a page", "encode / memcpy", "decode", "ns a page",
                    "allocations a page",
                ], speeds),
            "What `auto` made of the pages, in percent:",
            BenchTables.table(["load", "pages", "zero", "unchanged", "duplicate", "delta", "LZ4", "raw"], choices),
        ]
    }

    private static func speeds(_ one: NativeReport.Encoding) -> [String]? {
        guard let encode = one.encode, let decode = one.decode else { return nil }
        return [
            one.load, one.scheme, one.memcpy.median.text(1), encode.median.text(2), encode.best.text(2),
            encode.nanoseconds.text(0), (encode.median / one.memcpy.median).text(2), decode.median.text(2),
            decode.nanoseconds.text(0), (encode.allocations + decode.allocations).text(3),
        ]
    }

    private static func choices(_ one: NativeReport.Encoding) -> [String] {
        let shares = [
            one.share("zero"), one.share("same"), one.share("duplicate"), one.share("delta", "sparse"),
            one.share("lz4", "deltaLZ4"), one.share("raw"),
        ]
        return [one.load, "\(one.pages)"] + shares.map { ($0 * 100).text(1) }
    }

    /// The plot of the speeds, if there is something to plot.
    var plots: [BenchPlots.Page] {
        guard !encodings.isEmpty else { return [] }
        let speeds = { (scheme: String) in loads.map { load in encoding(load, scheme)?.encode?.median } }
        return [
            (
                "encoding.svg",
                Charts.bars(
                    title: "Encoding of recorded pages on one core", label: "GB of the guest a second",
                    logarithmic: false, groups: loads,
                    bars: [("auto", speeds("auto")), ("fast", speeds("fast")), ("thin", speeds("thin"))])
            )
        ]
    }
}
