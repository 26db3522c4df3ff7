/// All of DRBD's resources on this host, folded from the events.
public struct MirrorTable: Equatable, Sendable {
    /// The resources by name.
    public private(set) var resources: [String: MirrorState] = [:]
    /// Whether the whole state was told; until then ``resources`` lacks some, and decides nothing.
    public private(set) var isComplete = false

    /// Nothing known yet.
    public init() {}

    /// Takes an event in.
    ///
    /// - Parameter event: The next one, in the order in which they came.
    public mutating func apply(_ event: MirrorEvent) {
        switch event {
        case .dumpBegins: self = MirrorTable()
        case .dumpEnds: isComplete = true
        case .resource(let name, let facts):
            guard let facts else {
                resources[name] = nil
                return
            }
            change(name) { $0.apply(facts) }
        case .connection(let name, let facts): change(name, onlyIfKnown: facts == nil) { $0.apply(facts) }
        case .device(let name, let volume, let facts):
            change(name, onlyIfKnown: facts == nil) { $0.apply(facts, volume: volume) }
        case .peerDevice(let name, let volume, let facts):
            change(name, onlyIfKnown: facts == nil) { $0.apply(facts, volume: volume) }
        case .helperCalled(let name, let helper): change(name, onlyIfKnown: true) { $0.runningHelper = helper }
        case .helperReturned(let name, _, _): change(name, onlyIfKnown: true) { $0.runningHelper = nil }
        }
    }

    private mutating func change(_ name: String, onlyIfKnown: Bool = false, _ body: (inout MirrorState) -> Void) {
        if onlyIfKnown && resources[name] == nil { return }
        var state = resources[name] ?? MirrorState(resource: name)
        body(&state)
        resources[name] = state
    }

    /// The whole state at this moment.
    ///
    /// - Throws: ``MirrorError``.
    public static func current() throws(MirrorError) -> MirrorTable {
        var table = MirrorTable()
        for event in try MirrorEvents.wholeState() { table.apply(event) }
        return table
    }
}
