// A guest, a link and a backup in virtual time: what they cost follows from what the guest does and how the pacer paces it.

import Pacing
import ReplicaModel

/// The same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state &* 0x2545_F491_4F6C_DD1D
    }
}

/// What a simulated guest does and what its epochs cost; times are in microseconds.
struct SimulatedGuest {
    enum Output {
        case never
        /// Frames at random, this far apart in the mean.
        case random(every: UInt64)
        /// One client that asks again so long after it got its answer.
        case closedLoop(think: UInt64)
    }

    var output = Output.never
    /// Pages that it writes in a millisecond, and how many different ones at most.
    var pagesEachMillisecond = 1.0
    var workingSet = 2_000.0
    /// From the request to suspend until it stands still.
    var freeze: UInt64 = 1_000
    /// How long it stands still for every epoch, and for each page of it.
    var standstill: UInt64 = 2_000
    var standstillEachPage = 0.4
    /// What the link and the backup need for every epoch, and for each page of it.
    var roundTrip: UInt64 = 3_000
    var transferEachPage = 4.0
    /// By how much of 100 what an epoch costs differs.
    var noise: UInt64 = 20
}

/// One epoch as it went, in microseconds.
struct Round {
    var begun: UInt64
    var standstill: UInt64
    var released: UInt64
    var trigger: EpochTrigger
    /// How long its oldest frame was held.
    var latency: UInt64?
    var pages: UInt64
    var percent: UInt64
    var step: Throttle.Step
}

extension SimulatedGuest {
    /// Runs epochs for a time.
    ///
    /// - Parameters:
    ///   - pacer: What paces them.
    ///   - begin: When they begin.
    ///   - seconds: For how long.
    ///   - seed: What chance follows from.
    ///   - change: Called before each epoch, for example to change the rules.
    /// - Returns: The epochs, up to the one after which the pacer gave up.
    func run(
        _ pacer: inout Pacer, from begin: UInt64 = 0, seconds: UInt64, seed: UInt64 = 1,
        change: (inout Pacer, Int) -> Void = { _, _ in }
    ) -> [Round] {
        var generator = SeededGenerator(seed: seed)
        var rounds: [Round] = []
        var now = begin
        var covered = begin
        var arrival = firstArrival(&generator).map { begin + $0 }
        var oldest: UInt64?
        while now < begin + seconds * 1_000_000 {
            change(&pacer, rounds.count)
            var plan = pacer.plan(at: time(now))
            while plan.start > time(now) {
                let start = plan.start.nanoseconds.roundedToMicroseconds
                let look = plan.look?.nanoseconds.roundedToMicroseconds ?? .max
                now = max(now, min(start, look, arrival ?? .max))
                if let came = arrival, came <= now { note(came, &oldest, &arrival, &pacer, &generator) }
                if look <= now { pacer.wrote(pages: pages(since: covered, until: now, pacer), at: time(now)) }
                plan = pacer.plan(at: time(now))
            }
            let begun = now
            pacer.begin(plan, at: time(now))
            now += noisy(freeze, &generator)
            while let came = arrival, came <= now { note(came, &oldest, &arrival, &pacer, &generator) }
            pacer.cover(oldest: oldest.map(time))
            oldest = nil
            let pages = pages(since: covered, until: now, pacer)
            covered = now
            let still = noisy(standstill + UInt64(standstillEachPage * Double(pages)), &generator)
            now += still
            let transfer = noisy(roundTrip + UInt64(transferEachPage * Double(pages)), &generator)
            while let came = arrival, came <= now + transfer { note(came, &oldest, &arrival, &pacer, &generator) }
            now += transfer
            let percent = pacer.throttlePercent
            let step = pacer.finish(
                EpochCost(standstill: still * 1_000, transfer: transfer * 1_000, pages: pages, released: time(now)))
            if case .closedLoop(let think) = output, pacer.outputLatency != nil { arrival = now + think }
            rounds.append(
                Round(
                    begun: begun, standstill: still, released: now, trigger: pacer.trigger,
                    latency: pacer.outputLatency.map { $0 / 1_000 }, pages: pages, percent: percent, step: step))
            if step == .giveUp { break }
        }
        return rounds
    }

    private func note(
        _ came: UInt64, _ oldest: inout UInt64?, _ arrival: inout UInt64?, _ pacer: inout Pacer,
        _ generator: inout SeededGenerator
    ) {
        oldest = oldest ?? came
        pacer.outputWaits(since: time(came))
        switch output {
        case .random(let mean): arrival = came + 1 + generator.next() % (2 * mean)
        case .closedLoop, .never: arrival = nil
        }
    }

    private func firstArrival(_ generator: inout SeededGenerator) -> UInt64? {
        switch output {
        case .never: nil
        case .random(let mean): generator.next() % (2 * mean)
        case .closedLoop(let think): think
        }
    }

    private func pages(since start: UInt64, until end: UInt64, _ pacer: Pacer) -> UInt64 {
        let share = Double(pacer.throttlePercent) / 100
        return UInt64(min(workingSet, pagesEachMillisecond * share * Double(end - start) / 1_000))
    }

    private func noisy(_ time: UInt64, _ generator: inout SeededGenerator) -> UInt64 {
        let spread = time * noise / 100
        return spread == 0 ? time : time - spread / 2 + generator.next() % (spread + 1)
    }

    private func time(_ microseconds: UInt64) -> MonotonicTime { MonotonicTime(nanoseconds: microseconds * 1_000) }
}

extension UInt64 {
    /// Nanoseconds as microseconds, not before them.
    fileprivate var roundedToMicroseconds: UInt64 { self / 1_000 + (self % 1_000 == 0 ? 0 : 1) }
}

extension PacingRules {
    /// Rules like those of the default configuration.
    static func sample(_ goal: Goal) -> PacingRules {
        PacingRules(
            goal: goal, least: 10, most: 1_000, earlyPercent: 10, standstillPercent: 50, throttleFloor: 30,
            overloadPatience: 10_000, acknowledgeBound: 2_000, pageCapacity: 65_000)
    }
}

extension [UInt64] {
    /// The value that this share of all values does not exceed; 0 of none.
    func percentile(_ percent: Int) -> UInt64 {
        isEmpty ? 0 : sorted()[Swift.max(0, (count * percent + 99) / 100 - 1)]
    }
}
