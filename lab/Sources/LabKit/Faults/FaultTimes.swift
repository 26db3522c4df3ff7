/// What an owner's event log says of a fault, in this machine's time.
struct FaultTimes {
    /// The steps that there were, in nanoseconds since 1970.
    let steps: [(name: String, time: UInt64)]

    /// Reads the steps out of a host's events.
    ///
    /// - Parameters:
    ///   - events: The events of the host that owns the guest in the end.
    ///   - identity: The guest.
    ///   - clock: The host's clock.
    ///   - began: When the fault came.
    init(events: [ProductEvent], identity: String, clock: ClockOffset, began: UInt64) {
        // The log has whole milliseconds.
        let begin = began - 1_000_000
        let recent = events.filter { clock.labTime(ofHost: $0.moment) >= begin && $0.role != "operator" }
        var steps: [(String, UInt64)] = []
        let own = recent.filter { $0.domain == identity }
        let detected = recent.first { event in
            event.role == "heartbeat" && ["peer-dead", "carrier-lost"].contains(event.reason)
                || event.domain == identity && event.kind != "begin"
        }
        if let detected { steps.append(("detected", clock.labTime(ofHost: detected.moment))) }
        if let takeover = own.last(where: { $0.takeover != nil })?.takeover {
            steps.append(("decided", clock.labTime(ofHost: takeover.decided)))
            if let assembled = takeover.assembled { steps.append(("assembled", clock.labTime(ofHost: assembled))) }
            if let restored = takeover.restored { steps.append(("restored", clock.labTime(ofHost: restored))) }
            if let activated = takeover.activated { steps.append(("activated", clock.labTime(ofHost: activated))) }
            if let announced = takeover.announced { steps.append(("announced", clock.labTime(ofHost: announced))) }
        } else if let alone = own.first(where: { $0.after == "unprotected" && $0.before != "unprotected" }) {
            steps.append(("decided", clock.labTime(ofHost: alone.moment)))
        }
        self.steps = steps
    }
}
