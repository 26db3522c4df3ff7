/// What both hosts send to the guests' network.
struct Captures {
    private let captures: [HostName: Capture]
    private let guest: Guest

    /// Begins to capture.
    init(_ pair: ProtectedPair) throws(LabError) {
        guest = pair.guest
        var captures: [HostName: Capture] = [:]
        for host in HostName.allCases { captures[host] = try pair.stage.startCapture(host) }
        self.captures = captures
    }

    /// Ends it.
    func stop() {
        for capture in captures.values { capture.stop() }
    }

    /// The guest's frames that each host let out.
    func frames() throws(LabError) -> [HostName: [EthernetFrame]] {
        var frames: [HostName: [EthernetFrame]] = [:]
        for (host, capture) in captures { frames[host] = try capture.frames(from: guest.macAddress) }
        return frames
    }
}
