internal import SystemKit
internal import XenToolstack

/// Looks at a domain's state again and again, and notes when it changed: the same instrument for every controller.
struct StateWatch {
    /// What a domain is doing, as far as it matters here.
    enum State: String {
        case running
        case suspended
        case paused
        case gone

        init(_ state: DomainState) {
            switch state {
            case .running, .blocked: self = .running
            case .shutdown: self = .suspended
            case .paused: self = .paused
            case .dying: self = .gone
            }
        }
    }

    /// The most changes that are kept; far more than the longest watch has.
    private static let bound = 200_000

    private var lines: [String] = []
    private var last: State?

    /// Watches for some time, or until the domain is gone.
    ///
    /// - Parameters:
    ///   - hypervisor: The hypervisor.
    ///   - domain: The domain.
    ///   - seconds: How long.
    ///   - period: Nanoseconds between two looks.
    /// - Returns: The report, line by line. Nothing is written meanwhile: that would be work for the host.
    /// - Throws: ``MeterError``.
    static func run(
        _ hypervisor: Hypervisor, _ domain: DomainID, seconds: UInt64, period: UInt64
    ) throws(MeterError) -> [String] {
        // Dom0's other work must not delay a look.
        do throws(SystemError) { try Thread.becomeRealtime(priority: 20) } catch { throw .system(error) }
        var watch = StateWatch()
        let begin = Clock.monotonic
        watch.lines.append("begin monotonic_ns=\(begin) wall_ns=\(Clock.wall)")
        let end = begin + seconds * 1_000_000_000
        var next = begin
        while Clock.monotonic < end, watch.last != .gone, watch.lines.count < bound {
            watch.note(try look(hypervisor, domain), at: Clock.monotonic)
            next = max(next + period, Clock.monotonic)
            Clock.sleep(until: next)
        }
        watch.lines.append("end monotonic_ns=\(Clock.monotonic)")
        return watch.lines
    }

    private static func look(_ hypervisor: Hypervisor, _ domain: DomainID) throws(MeterError) -> State {
        do throws(ToolstackError) { return State(try hypervisor.state(of: domain)) } catch {
            if case .domainGone = error { return .gone }
            throw .toolstack(error)
        }
    }

    /// Notes a look; only a change makes a line.
    mutating func note(_ state: State, at moment: UInt64) {
        guard state != last else { return }
        last = state
        lines.append("\(state.rawValue) monotonic_ns=\(moment)")
    }

    /// What was noted so far.
    var text: [String] { lines }
}
