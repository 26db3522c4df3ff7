import PageEncoding

/// What encoding a guest's checkpoints in one way gave.
struct EncodedResult {
    /// One run over all checkpoints.
    struct Replay {
        var copy = Step.Cost()
        var encode = Step.Cost()
        var decode = Step.Cost()
        private(set) var checkpoints = 0
        private(set) var pages = 0
        private(set) var sent = 0
        /// The encoder's counters when the first checkpoint began, and at the end.
        var before = EncodingCounters()
        var after = EncodingCounters()

        /// Adds a checkpoint's copy and its bytes as they are sent.
        mutating func add(_ section: PageSection, copy: Step.Cost, sent: Int) {
            self.copy += copy
            checkpoints += 1
            pages += section.frames.count
            self.sent += sent
        }
    }

    let load: String
    let scheme: BenchmarkScheme
    /// What the caches take on one host.
    let cacheBytes: Int
    /// Every replay is of the same pages and gives the same bytes: the last one's.
    private(set) var last = Replay()
    private(set) var copy = Step("memcpy")
    private(set) var encode = Step("encode")
    private(set) var decode = Step("decode")

    init(load: String, scheme: BenchmarkScheme, cacheBytes: Int) {
        self.load = load
        self.scheme = scheme
        self.cacheBytes = cacheBytes
    }

    mutating func add(_ replay: Replay) {
        last = replay
        copy.add(replay.copy)
        encode.add(replay.encode)
        decode.add(replay.decode)
    }

    /// Bytes sent by bytes of the guest.
    var ratio: Double { Double(last.sent) / Double(max(1, last.pages * PageSet.pageSize)) }

    /// The pages that a choice was made for.
    func pages(_ choice: PageScheme) -> UInt64 { last.after[choice].pages - last.before[choice].pages }

    /// One JSON object.
    var json: String {
        let choices = PageScheme.allCases.filter { pages($0) > 0 }.map { choice in
            let bytes = last.after[choice].bytes - last.before[choice].bytes
            return "\"\(choice)\": {\"pages\": \(pages(choice)), \"bytes\": \(bytes)}"
        }
        let steps = scheme == .none ? [copy] : [copy, encode, decode]
        let texts = steps.map { $0.json(pages: last.pages, copying: copy.median) }
        return """
            {"load": "\(load)", "scheme": "\(scheme)", "cache_bytes": \(cacheBytes), \
            "checkpoints": \(last.checkpoints), "pages": \(last.pages), "sent_bytes": \(last.sent), \
            \(BenchmarkReport.fields([("sent_to_raw", ratio)])),
                   \(texts.joined(separator: ",\n       ")),
                   "choices": {\(choices.joined(separator: ", "))}}
            """
    }
}
