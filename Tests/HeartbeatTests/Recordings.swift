/// What somebody on the network recorded, and how he plays it back.
struct Recordings {
    private var flights: [PairSimulation.Flight] = []

    mutating func add(_ flight: PairSimulation.Flight) { flights.append(flight) }

    /// A recorded datagram: mostly where it was sent before, now and then on the other path or back to its sender.
    func random(_ random: inout SeededGenerator) -> PairSimulation.Flight? {
        // Newer and older ones alike: of the present sessions, and of all that ended.
        guard var flight = flights.randomElement(using: &random) else { return nil }
        if random.chance(10) { flight.path = 1 - flight.path }
        if random.chance(10) { flight.to = flight.to == .primary ? .backup : .primary }
        return flight
    }
}
