/// Plots and tables of benchmark reports.
struct BenchPlots {
    /// A file to write: its name and its text.
    typealias Page = (name: String, text: String)

    let results: [BenchResult]

    private var epochs: [BenchResult] { results.filter { $0.scenario == "bench-epochs" } }

    /// All plots that the reports have something for.
    var plots: [Page] {
        var pages: [Page] = []
        if !epochs.isEmpty {
            let groups = epochs.map(\.load)
            pages.append(
                (
                    "pauses.svg",
                    Charts.bars(
                        title: "Guest suspended an epoch, median, as the meter saw it", label: "milliseconds",
                        logarithmic: true,
                        groups: groups,
                        bars: [
                            ("floor", values("floor_seen_pause_p50_ms")), ("replicactl", values("ours_pause_p50_ms")),
                            ("xl remus", values("xl_pause_p50_ms")),
                        ])
                ))
            pages.append(
                (
                    "work.svg",
                    Charts.bars(
                        title: "Work of the guest a second, of what it does unprotected", label: "percent",
                        logarithmic: false, groups: groups,
                        bars: [("replicactl", shares("ours")), ("xl remus", shares("xl"))])
                ))
            pages.append(
                (
                    "latency.svg",
                    Charts.bars(
                        title: "Latency at the client, median (xl remus holds no output)", label: "milliseconds",
                        logarithmic: true, groups: groups,
                        bars: [
                            ("unprotected", values("unprotected_latency_p50_ms")),
                            ("replicactl", values("ours_latency_p50_ms")), ("xl remus", values("xl_latency_p50_ms")),
                        ])
                ))
        }
        if let table = results.last(where: { $0.scenario == "bench-intervals" })?.tables["intervals"] {
            pages += Self.intervals(table)
        }
        if let result = results.last(where: { $0.scenario == "bench-iterations" }),
            let table = result.tables["iterations"]
        {
            pages += Self.iterations(table)
        }
        return pages
    }

    private func values(_ name: String) -> [Double?] { epochs.map { $0.figures[name] } }

    private func shares(_ name: String) -> [Double?] {
        epochs.map { result in
            guard let work = result.figures["\(name)_work_per_s"], let all = result.figures["unprotected_work_per_s"],
                all > 0
            else { return nil }
            return work / all * 100
        }
    }

    private static func series(_ name: String, _ table: SampleTable, _ x: String, _ y: String) -> Charts.Series {
        Charts.Series(name: name, points: zip(table[x], table[y]).map { ($0, $1) })
    }

    private static func intervals(_ table: SampleTable) -> [Page] {
        let asked = Charts.Series(
            name: "asked", points: table["asked_ms"].map { ($0, 1000 / $0) }, isDashed: true)
        return [
            (
                "intervals.svg",
                Charts.lines(
                    title: "Epochs a second", labels: ("interval asked, ms", "epochs a second"), logarithmic: true,
                    [
                        series("replicactl", table, "asked_ms", "ours_epochs_per_s"),
                        series("xl remus", table, "asked_ms", "xl_epochs_per_s"), asked,
                    ])
            ),
            (
                "interval-pauses.svg",
                Charts.lines(
                    title: "Guest suspended an epoch", labels: ("interval asked, ms", "milliseconds"),
                    logarithmic: true,
                    [
                        series("replicactl", table, "asked_ms", "ours_pause_p50_ms"),
                        series("xl remus", table, "asked_ms", "xl_pause_p50_ms"),
                    ])
            ),
        ]
    }

    private static func iterations(_ table: SampleTable) -> [Page] {
        let parts = [
            ("capture", "capture_ms"), ("resume", "resume_ms"), ("suspend", "suspend_ms"), ("encode", "encode_ms"),
            ("send", "send_ms"), ("acknowledge", "acknowledge_ms"), ("release", "release_ms"),
        ]
        return [
            (
                "iterations-pages.svg",
                Charts.lines(
                    title: "Dirty pages of an epoch over the running time",
                    labels: ("seconds; the compile begins and ends", "pages"),
                    [series("dirty pages", table, "time_s", "dirty_pages")])
            ),
            (
                "iterations-parts.svg",
                Charts.stack(
                    title: "Parts of an epoch over the running time", labels: ("seconds", "milliseconds"),
                    xs: table["time_s"], layers: parts.map { ($0.0, table[$0.1]) })
            ),
        ]
    }
}
