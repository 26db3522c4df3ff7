internal import ReplicaModel

/// A host's monotonic clock: it begins somewhere and runs a little too fast or too slow.
struct SimulatedClock {
    /// What it shows at the beginning of the world, in nanoseconds.
    let offset: UInt64
    /// How much too fast it runs, in millionths.
    let drift: Int64

    /// What it shows.
    func read(at now: VirtualTime) -> MonotonicTime {
        MonotonicTime(nanoseconds: offset + elapsed(now))
    }

    private func elapsed(_ time: VirtualTime) -> UInt64 {
        UInt64(Int64(time) + Int64(time) / 1_000_000 * drift)
    }

    /// The first moment at which it shows a time.
    func moment(of time: MonotonicTime) -> VirtualTime {
        let local = time.nanoseconds > offset ? time.nanoseconds - offset : 0
        var guess = UInt64(Int64(local) - Int64(local) / 1_000_000 * drift * 1_000_000 / (1_000_000 + drift))
        while read(at: guess) < time { guess += 500 }
        return guess
    }
}
