import Foundation

/// What fio is to measure in a guest.
enum DiskJob: String, CaseIterable {
    /// Large writes one after the other, several in flight: the throughput.
    case sequential
    /// Small writes all over the place, one at a time: the latency.
    case random

    /// The job's options.
    var options: String {
        switch self {
        case .sequential: "--rw=write --bs=64k --ioengine=libaio --iodepth=8 --direct=1"
        case .random: "--rw=randwrite --bs=4k --ioengine=libaio --iodepth=1 --direct=1"
        }
    }

    /// What fio found out.
    struct Result: Equatable {
        /// Bytes a second, in MiB.
        let throughput: Double
        /// Writes a second.
        let writes: Double
        /// The time of a write that half of them do not exceed, in milliseconds.
        let median: Double
        /// The time of a write that 99 of 100 do not exceed, in milliseconds.
        let p99: Double
        /// The longest time of a write, in milliseconds.
        let longest: Double

        /// Reads fio's result.
        ///
        /// - Parameter json: fio's standard output with `--output-format=json`; lines before the object are left out.
        /// - Throws: ``LabError`` with cause `commandFailed`.
        init(json: String) throws(LabError) {
            let text = json.firstIndex(of: "{").map { json[$0...] } ?? ""
            do {
                let report = try JSONDecoder().decode(Report.self, from: Data(text.utf8))
                guard let job = report.jobs.first, job.error == 0 else { throw Report.Missing() }
                throughput = job.write.bytesPerSecond / 1_048_576
                writes = job.write.writesPerSecond
                median = (job.write.times.percentile["50.000000"] ?? 0) / 1e6
                p99 = (job.write.times.percentile["99.000000"] ?? 0) / 1e6
                longest = job.write.times.max / 1e6
            } catch {
                throw LabError(.commandFailed, attempt: "read fio's result", outcome: "\(error)\n\(json.prefix(400))")
            }
        }
    }

    /// fio's result, as far as it is looked at.
    private struct Report: Decodable {
        struct Missing: Error {}

        struct Job: Decodable {
            let error: Int
            let write: Writes
        }

        struct Writes: Decodable {
            let bytesPerSecond: Double
            let writesPerSecond: Double
            let times: Times

            private enum CodingKeys: String, CodingKey {
                case bytesPerSecond = "bw_bytes"
                case writesPerSecond = "iops"
                case times = "clat_ns"
            }
        }

        struct Times: Decodable {
            let max: Double
            let percentile: [String: Double]
        }

        let jobs: [Job]
    }
}
