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

    /// What one look saw.
    struct Look {
        let state: State
        /// When, in nanoseconds of the monotonic clock.
        let moment: UInt64
        /// The processor time that the domain has had, in nanoseconds for each of its virtual processors.
        let processorTime: UInt64
    }

    private var lines: [String] = []
    private var last: Look?

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
        let processors: UInt64
        do throws(ToolstackError) { processors = UInt64(max(1, try hypervisor.domain(domain).virtualProcessors)) } catch
        {
            throw .toolstack(error)
        }
        var watch = StateWatch()
        let begin = Clock.monotonic
        watch.lines.append("begin monotonic_ns=\(begin) wall_ns=\(Clock.wall)")
        let end = begin + seconds * 1_000_000_000
        var next = begin
        while Clock.monotonic < end, watch.last?.state != .gone, watch.lines.count < bound {
            watch.note(try look(hypervisor, domain, processors))
            next = max(next + period, Clock.monotonic)
            Clock.sleep(until: next)
        }
        watch.lines.append("end monotonic_ns=\(Clock.monotonic)")
        return watch.lines
    }

    private static func look(
        _ hypervisor: Hypervisor, _ domain: DomainID, _ processors: UInt64
    ) throws(MeterError) -> Look {
        do throws(ToolstackError) {
            let activity = try hypervisor.activity(of: domain)
            return Look(
                state: State(activity.state), moment: Clock.monotonic,
                processorTime: activity.processorTime / processors)
        } catch {
            if case .domainGone = error { return Look(state: .gone, moment: Clock.monotonic, processorTime: 0) }
            throw .toolstack(error)
        }
    }

    /// Notes a look; only a change makes a line.
    ///
    /// A guest that is let go may take the processor from Dom0, and so from the meter. The time that it has had since the
    /// look before says when it was let go at the latest.
    mutating func note(_ look: Look) {
        defer { last = look }
        guard look.state != last?.state else { return }
        var moment = look.moment
        if let last, last.state == .suspended, look.state == .running {
            moment = max(last.moment, moment - min(moment, look.processorTime &- last.processorTime))
        }
        lines.append("\(look.state.rawValue) monotonic_ns=\(moment)")
    }

    /// What was noted so far.
    var text: [String] { lines }
}
