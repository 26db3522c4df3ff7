import PageSamples

/// What a guest does to its pages from one checkpoint to the next.
struct MadeUpLoad {
    let name: String
    /// What the pages hold at first.
    let start: PageChange
    /// What makes the second version of each page of its first; the checkpoints go to and fro between the two.
    let change: PageChange

    // A page has 512 words.
    static let all = [
        MadeUpLoad(name: "zero", start: .zero, change: .nothing),
        MadeUpLoad(name: "same", start: .noise, change: .nothing),
        MadeUpLoad(name: "words-1", start: .noise, change: .words(5)),
        MadeUpLoad(name: "words-5", start: .noise, change: .words(26)),
        MadeUpLoad(name: "words-25", start: .noise, change: .words(147)),
        MadeUpLoad(name: "counters-5", start: .noise, change: .counters(26)),
        MadeUpLoad(name: "counters-25", start: .noise, change: .counters(147)),
        MadeUpLoad(name: "pointers-5", start: .pointers(2000), change: .pointers(26)),
        MadeUpLoad(name: "pointers-25", start: .pointers(2000), change: .pointers(147)),
        MadeUpLoad(name: "shifted", start: .text, change: .shifted(bytes: 24)),
        MadeUpLoad(name: "text", start: .text, change: .text),
        MadeUpLoad(name: "random", start: .noise, change: .noise),
    ]
}
