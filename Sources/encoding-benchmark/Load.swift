import PageSamples

/// What a guest does to its pages from one checkpoint to the next.
struct Load {
    let name: String
    /// What the pages hold at first.
    let start: PageChange
    /// What makes the second version of each page of its first; the checkpoints go to and fro between the two.
    let change: PageChange

    // A page has 512 words.
    static let all = [
        Load(name: "zero", start: .zero, change: .nothing),
        Load(name: "same", start: .noise, change: .nothing),
        Load(name: "words-1", start: .noise, change: .words(5)),
        Load(name: "words-5", start: .noise, change: .words(26)),
        Load(name: "words-25", start: .noise, change: .words(147)),
        Load(name: "counters-5", start: .noise, change: .counters(26)),
        Load(name: "counters-25", start: .noise, change: .counters(147)),
        Load(name: "pointers-5", start: .pointers(2000), change: .pointers(26)),
        Load(name: "pointers-25", start: .pointers(2000), change: .pointers(147)),
        Load(name: "shifted", start: .text, change: .shifted(bytes: 24)),
        Load(name: "text", start: .text, change: .text),
        Load(name: "random", start: .noise, change: .noise),
    ]
}
