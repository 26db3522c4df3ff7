internal import ReplicaModel
public import ReplicaProtocol

/// What the random generator is narrowed to.
public struct RunHint: Sendable {
    /// The policies to draw from; all where it is empty.
    public var policies: [OwnershipPolicy]
    /// Whether fencing is configured; drawn where it is `nil`.
    public var fencing: Bool?
    /// The kinds of faults to draw from; all where it is empty.
    public var kinds: [Fault.Kind]
    /// The orders to draw from; all where it is empty.
    public var orders: [OperatorOrder]
    /// The moments of the protocol to draw from; all where it is empty.
    public var moments: [Fault.Moment]
    /// How long faults last, in milliseconds; drawn by their kind where it is `nil`.
    public var durations: ClosedRange<UInt64>?
    /// When faults begin, in milliseconds.
    public var window: ClosedRange<UInt64>
    /// Whether every wait is as short as it can be, and the clocks are as far apart as they may.
    public var isTight: Bool

    /// Whether the guest has a disk; drawn where it is `nil`.
    public var hasDisks: Bool?
    /// Whether the only fault is one that never ends.
    public var leavesFault: Bool

    /// Makes a hint.
    public init(
        policies: [OwnershipPolicy] = [], fencing: Bool? = nil, hasDisks: Bool? = nil, kinds: [Fault.Kind] = [],
        orders: [OperatorOrder] = [], moments: [Fault.Moment] = [], durations: ClosedRange<UInt64>? = nil,
        window: ClosedRange<UInt64> = 700...12_700, isTight: Bool = false, leavesFault: Bool = false
    ) {
        self.leavesFault = leavesFault
        self.window = window
        self.moments = moments
        self.durations = durations
        self.isTight = isTight
        self.policies = policies
        self.fencing = fencing
        self.hasDisks = hasDisks
        self.kinds = kinds
        self.orders = orders
    }
}

extension RunSetup {
    /// Draws a run from its seed.
    ///
    /// - Parameters:
    ///   - seed: The seed.
    ///   - hint: What to draw from.
    ///   - plantedFaults: Bugs that are switched on.
    /// - Returns: The run.
    public static func drawn(
        seed: UInt64, hint: RunHint = RunHint(), plantedFaults: PlantedFaults = PlantedFaults()
    ) -> RunSetup {
        var random = SeededGenerator(seed: seed)
        var setup = RunSetup(seed: seed)
        setup.plantedFaults = plantedFaults
        setup.policy = random.pick(hint.policies.isEmpty ? OwnershipPolicy.allCases : hint.policies)
        setup.fencing = hint.fencing ?? random.chance(300)
        setup.reprotection = random.pick([.automatic, .automatic, .automatic, .delayed, .manual])
        setup.moveWhenLanIsLost = random.chance(700)
        setup.drift = [drawDrift(&random), drawDrift(&random)]
        if random.chance(350) {
            setup.isDirty = true
            setup.lossPerMille = random.below(40)
        }
        if random.chance(700) { setup.interval = 100 }
        if random.chance(300) {
            setup.interval = 50
            setup.heartbeatTimeout = 200
        }
        if random.chance(400) { setup.restore = (2, 20) }
        setup.hasDisks = hint.hasDisks ?? random.chance(500)
        if hint.isTight {
            setup.writesOften = true
            setup.drift = random.chance(500) ? [-50_000, 50_000] : [50_000, -50_000]
            (setup.interval, setup.heartbeatTimeout, setup.restore) = (20, 200, (1, 4))
        }
        if hint.leavesFault || hint.kinds.isEmpty && random.chance(100) {
            setup.leavesFault = true
            var fault = Fault(
                random.pick([.powerCut, .controllerCrash, .heartbeatCrash]), random.chance(500) ? .primary : .backup,
                at: milliseconds(random.within(hint.window)), for: nil)
            if random.chance(400) {
                fault.moment = random.pick([.arming, .barrier, .sent, .persisting, .witnessAsked])
                fault.delay = random.below(5_000_000)
            }
            setup.faults = [fault]
            return setup
        }
        let count = hint.kinds.isEmpty ? random.pick([0, 1, 1, 2, 2, 2, 3, 3, 4, 5, 6]) : 2 + random.below(5)
        for _ in 0..<count { setup.faults += drawFault(&random, hint, setup) }
        return setup
    }

    private static func drawDrift(_ random: inout SeededGenerator) -> Int64 {
        switch random.below(4) {
        case 0: 50_000
        case 1: -50_000
        default: Int64(random.below(40_001)) - 20_000
        }
    }

    private static let common: [Fault.Kind] = [
        .powerCut, .powerCut, .powerCut, .controllerCrash, .controllerCrash, .heartbeatCrash, .freeze, .freeze, .freeze,
        .controllerFreeze, .heartbeatFreeze, .lanCable, .lanCable, .replicationCable, .lanOneWay, .replicationOneWay,
        .lanPartition, .replicationPartition, .totalPartition, .totalPartition, .noise, .slowConnection,
        .connectionReset, .slowDisk, .fullDisk, .activationFails, .order, .order, .order,
    ]
    private static let ofWitness: [Fault.Kind] = [
        .witnessDown, .witnessDown, .witnessUnreachable, .witnessUnreachable, .witnessSlow, .witnessAnswersLost,
    ]

    private static func drawFault(
        _ random: inout SeededGenerator, _ hint: RunHint, _ setup: RunSetup
    ) -> [Fault] {
        var kinds = hint.kinds.isEmpty ? common : hint.kinds
        if hint.kinds.isEmpty, setup.policy == .witness { kinds += ofWitness + ofWitness }
        if hint.kinds.isEmpty, setup.fencing { kinds.append(.fencingBroken) }
        let kind = random.pick(kinds)
        var fault = Fault(
            kind, drawTarget(&random), at: milliseconds(random.within(hint.window)),
            for: hint.durations.map { milliseconds(random.within($0)) } ?? drawDuration(&random, kind))
        if kind == .order {
            fault.order = random.pick(
                hint.orders.isEmpty
                    ? [.unprotect, .protect, .switchover, .switchover, .takeover, .guestShutdown, .guestReboot]
                    : hint.orders)
            fault.duration = nil
        }
        if random.chance(hint.moments.isEmpty ? 450 : 750) {
            fault.moment = random.pick(hint.moments.isEmpty ? Fault.Moment.allCases : hint.moments)
            fault.delay =
                random.chance(400) ? 0 : random.chance(500) ? random.below(5_000_000) : random.below(600_000_000)
        }
        guard hint.kinds.isEmpty else { return [fault] }
        // What that policy gives up, docs/ownership.md says: a host that goes on alone with no word of it on its disk, and dies.
        if kind == .fullDisk, setup.trustsSilence { return [] }
        // Troubles come together.
        if let last = setup.faults.last, random.chance(250) {
            fault.start = last.start + random.below(milliseconds(800))
        }
        guard fault.order == .takeover else { return [fault] }
        // An operator orders that only while a host is off.
        fault.moment = nil
        fault.start += milliseconds(500 + random.below(3_000))
        return [
            Fault(.powerCut, drawTarget(&random), at: fault.start - milliseconds(500), for: milliseconds(6_000)), fault,
        ]
    }

    private static func drawTarget(_ random: inout SeededGenerator) -> Fault.Target {
        switch random.below(6) {
        case 0, 1, 2: .primary
        case 3, 4: .backup
        default: .host(random.chance(500) ? .first : .second)
        }
    }

    private static func drawDuration(_ random: inout SeededGenerator, _ kind: Fault.Kind) -> VirtualTime {
        switch kind {
        case .powerCut: milliseconds(500 + random.below(6_000))
        case .freeze, .controllerFreeze, .heartbeatFreeze:
            random.chance(300) ? milliseconds(20 + random.below(400)) : milliseconds(300 + random.below(3_000))
        case .controllerCrash, .heartbeatCrash:
            random.chance(400) ? milliseconds(5 + random.below(200)) : milliseconds(200 + random.below(3_000))
        case .totalPartition:
            random.chance(500) ? milliseconds(150 + random.below(600)) : milliseconds(500 + random.below(6_000))
        default:
            random.chance(300) ? milliseconds(50 + random.below(800)) : milliseconds(500 + random.below(6_000))
        }
    }
}
