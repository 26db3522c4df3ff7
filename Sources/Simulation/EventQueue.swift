/// What is going to happen, the earliest first; of two at the same time the one that was put in first.
struct EventQueue {
    private struct Entry {
        var time: VirtualTime
        var number: UInt64
        var event: Event

        func isBefore(_ other: Entry) -> Bool {
            time != other.time ? time < other.time : number < other.number
        }
    }

    /// More than any run has at once (safety rule 6): a run that reaches it goes round in circles.
    static let limit = 20_000

    private var heap: [Entry] = []
    private var count: UInt64 = 0
    private var reached: VirtualTime = 0

    /// The number of events that are waiting.
    var waiting: Int { heap.count }

    /// Puts an event in.
    mutating func push(_ event: Event, at time: VirtualTime) {
        precondition(heap.count < Self.limit, "the simulation has too many events at once")
        precondition(time >= reached, "nothing can be made to happen in the past")
        count += 1
        heap.append(Entry(time: time, number: count, event: event))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].isBefore(heap[parent]) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes the next event out.
    mutating func pop() -> (time: VirtualTime, event: Event)? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        reached = first.time
        return (first.time, first.event)
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var smallest = 2 * parent + 1
            guard smallest < heap.count else { return }
            if smallest + 1 < heap.count, heap[smallest + 1].isBefore(heap[smallest]) { smallest += 1 }
            guard heap[smallest].isBefore(heap[parent]) else { return }
            heap.swapAt(parent, smallest)
            parent = smallest
        }
    }
}
