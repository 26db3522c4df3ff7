/// Plays one fault, and demands afterwards all that must hold whatever happened.
struct FaultTrial {
    private let number: Int
    private let fault: Fault

    /// Plans a trial.
    ///
    /// - Parameters:
    ///   - number: Its number in the campaign.
    ///   - fault: What is to happen.
    init(_ number: Int, _ fault: Fault) {
        self.number = number
        self.fault = fault
    }

    /// Plays it.
    ///
    /// - Parameter pair: The protected guest; who owns it is brought up to date.
    /// - Throws: ``LabError`` with cause `checkFailed` when something does not hold.
    func play(_ pair: inout ProtectedPair) throws(LabError) {
        let start = ContinuousClock.now
        let context = pair.context
        context.step("fault \(number): \(fault.name)")
        let consoles = pair.lab.markConsoles()
        let before = try pair.waitUntilProtected()
        pair.owner = before.owner
        let counter = try pair.stage.startCounter()
        let captures = try Captures(pair)
        try pair.stage.wait(for: pair.owner, until: "some epochs are acknowledged") { ($0.epochs?.count ?? 0) >= 5 }

        if fault.endsGuest { try pair.endSession() }
        let identity = pair.stage.identity
        let course = try fault.play(&pair, counter)
        context.mark("\(number). \(fault.name)", at: course.began)
        let after = try settle(pair)
        try checkOwner(pair, before, after)
        captures.stop()
        let frames = try captures.frames()
        try checkFrames(pair, frames, from: before.owner, to: after.owner, course)
        let isSame = identity == pair.stage.identity
        let counted = try fault.endsGuest ? checkNewLife(&pair, counter, isSame: isSame) : checkLife(pair, counter)
        if let first = counted.firstValue, let last = pair.lastValue {
            try context.check(first > last, "the counter goes on after \(last) with \(first)")
        }
        pair.lastValue = counted.lastValue
        pair.owner = after.owner
        try pair.stage.checkMemory()
        try pair.disks?.check()
        try checkDomains(pair)
        let troubles = try pair.lab.scanConsoles(since: consoles)
        try context.check(troubles.isEmpty, "both consoles are clean: \(troubles.map(\.description))")
        let seconds = (ContinuousClock.now - start).seconds
        try report(pair, course, before, after, fault.endsGuest ? nil : counted, seconds)
    }

    /// Waits until the guest is protected and nothing happens any more.
    private func settle(_ pair: ProtectedPair) throws(LabError) -> ProtectedPair.Protection {
        while true {
            let first = try pair.waitUntilProtected()
            // A conclusion that is still under way shows itself within a few leases.
            try pair.stage.wait(for: first.owner, until: "protection goes on") { domain in
                domain.state != "protected" || (domain.epochs?.count ?? 0) >= (first.primary.epochs?.count ?? 0) + 15
            }
            let second = try pair.waitUntilProtected()
            if second.owner == first.owner, second.primary.generation == first.primary.generation { return second }
        }
    }

    private func checkOwner(
        _ pair: ProtectedPair, _ before: ProtectedPair.Protection, _ after: ProtectedPair.Protection
    ) throws(LabError) {
        let words = "owner was \(before.owner) and is \(after.owner)"
        switch fault.owner {
        case .stays: try pair.context.check(after.owner == before.owner, "the guest stays: \(words)")
        case .moves: try pair.context.check(after.owner != before.owner, "the guest moves: \(words)")
        case .either: pair.context.step(words)
        }
        guard before.primary.uuid == after.primary.uuid else { return }
        if fault.keepsProtection {
            try pair.context.check(
                before.primary.generation == after.primary.generation,
                "the replica covered the guest all the while: generation \(before.primary.generation), "
                    + "then \(after.primary.generation)")
        } else {
            try pair.context.check(
                before.primary.generation <= after.primary.generation,
                "the generation never goes back: \(before.primary.generation), then \(after.primary.generation)")
        }
    }

    /// Demands that no two hosts let the guest's output out (safety rule 2).
    private func checkFrames(
        _ pair: ProtectedPair, _ frames: [HostName: [EthernetFrame]], from old: HostName, to new: HostName,
        _ course: Fault.Course
    ) throws(LabError) {
        let count = { (host: HostName) in frames[host]?.count ?? 0 }
        let words = "(xen1 \(count(.xen1)), xen2 \(count(.xen2)))"
        try pair.context.check(count(new) > 0, "the capture at \(new) saw the guest \(words)")
        guard old != new else {
            try pair.context.check(count(old.peer) == 0, "\(old.peer) sent no frame of the guest \(words)")
            return
        }
        let (first, second) = (frames[old] ?? [], frames[new] ?? [])
        let late = OutputChecks.lateFrames(first: first, second: second)
        try pair.context.check(late.isEmpty, "\(old) sent \(late.count) frames after \(new)'s first \(words)")
        let begin = second.map(\.time).min() ?? 0
        try pair.context.check(begin >= course.began, "\(new) sent nothing before the fault")
        if let earliest = course.earliestTakeover {
            try pair.context.check(begin >= earliest, "\(new) sent nothing before the witness was back")
        }
    }

    /// Demands that both connections that were open before the fault live.
    private func checkLife(_ pair: ProtectedPair, _ counter: GuestClient) throws(LabError) -> ClientReport {
        try pair.session?.waitForProgress(2)
        return try pair.stage.finish(counter: counter)
    }

    /// Demands that a guest that booted anew serves new connections.
    private func checkNewLife(
        _ pair: inout ProtectedPair, _ counter: GuestClient, isSame: Bool
    ) throws(LabError) -> ClientReport {
        counter.stop()
        if isSame { try pair.guestIsAnew() }
        return try checkLife(pair, pair.stage.startCounter())
    }

    /// Demands that each host has one domain, and that no controller complains about its records.
    private func checkDomains(_ pair: ProtectedPair) throws(LabError) {
        for host in HostName.allCases {
            let count = try pair.context.wait(until: "\(host) has one domain", limit: .seconds(90)) {
                () throws(LabError) -> Int? in
                let names = try pair.lab.domains(on: host)
                return names.count == 1 ? 1 : nil
            }
            try pair.context.check(count == 1, "\(host) has one domain")
            let problems = try pair.product.status(host).ownership?.problems ?? []
            try pair.context.check(problems.isEmpty, "\(host) can use all its records: \(problems)")
        }
    }

    // MARK: reporting

    private func report(
        _ pair: ProtectedPair, _ course: Fault.Course, _ before: ProtectedPair.Protection,
        _ after: ProtectedPair.Protection, _ counted: ClientReport?, _ seconds: Double
    ) throws(LabError) {
        let clock = try pair.lab.clockOffset(of: after.owner)
        let times = FaultTimes(
            events: try pair.product.events(after.owner), identity: before.primary.uuid, clock: clock,
            began: course.began)
        var timeline = course.timeline
        timeline.add(fault.name, at: course.began, isOrigin: true)
        var figures: [String: Double] = [:]
        for (name, time) in times.steps {
            timeline.add("\(after.owner): \(name)", at: time)
            figures["fault_to_\(name)_ms"] = Double(Int64(time) - Int64(course.began)) / 1e6
        }
        if let silence = counted?.silence(after: course.began) {
            figures["client_silence_ms"] = Double(silence.duration) / 1e6
            if let end = silence.firstByteAfter { timeline.add("first byte at the client after its silence", at: end) }
        }
        if before.primary.uuid == after.primary.uuid {
            var unprotected = 0.0
            if before.primary.generation != after.primary.generation,
                let since = ProductStatus.nanoseconds(after.primary.since)
            {
                let time = clock.labTime(ofHost: since)
                timeline.add("\(after.owner): protected", at: time)
                unprotected = Double(Int64(time) - Int64(course.began)) / 1e9
            }
            figures["unprotected_s"] = unprotected
        }
        let trial = TrialReport(
            number: number, fault: fault.name, before: before.owner, after: after.owner, seconds: seconds,
            figures: figures, timeline: timeline.lines)
        pair.context.add(trial)
        pair.context.step("fault \(number): \(fault.name) passed\n\(timeline.text)\(trial.text)")
    }
}
