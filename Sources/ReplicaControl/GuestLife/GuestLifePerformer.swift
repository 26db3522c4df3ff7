public import ReplicaModel
internal import Telemetry
public import XenToolstack

/// Carries out what was planned for a domain whose guest has ended; blocks for as long as libxl takes.
public struct GuestLifePerformer: Sendable {
    /// What became of the domain.
    public enum Outcome: Equatable, Sendable {
        /// It is destroyed, or was before.
        case gone
        /// It is kept, shut down, for somebody to look at.
        case kept
        /// It was made anew and runs under this number.
        case restarted(DomainID)
        /// A step failed; the text names it and what to do.
        case failed(SessionFailure)

        /// What to write to the event log; `nil` for a domain that is gone, as the reason of the end says so already.
        public var reason: ReasonCode? {
            switch self {
            case .gone: nil
            case .kept: .guestKept
            case .restarted: .guestRestarted
            case .failed(let failure): failure.reason
            }
        }
    }

    private let tools: GuestLifeTools

    /// How often libxl is asked to make the domain, and the wait between: `xl` knows that it fails at times right after
    /// the older one was destroyed.
    private static let attempts = 3
    private static let pauseBetween: Milliseconds = 2000

    /// Makes a performer.
    ///
    /// - Parameter tools: What the work is done with.
    public init(tools: GuestLifeTools) { self.tools = tools }

    /// Does the steps of a plan; the caller has waited for ``GuestLifePlan/notBefore``.
    ///
    /// - Parameters:
    ///   - plan: The plan, made when it was known that nobody else can own the domain (safety rule 2).
    ///   - domain: The ended domain's number.
    ///   - kept: Its configuration as this host remembers it, for when libxl cannot tell any more.
    /// - Returns: What became of the domain.
    public func perform(
        _ plan: GuestLifePlan, on domain: DomainID, kept: DomainConfiguration
    ) -> GuestLifePerformer.Outcome {
        guard !plan.steps.isEmpty else { return plan.isGone ? .gone : .kept }
        var configuration = kept
        if plan.steps != [.destroy] {
            // Libxl's own books know of devices that came and went since the configuration was remembered.
            if let current = try? tools.describe(domain), current.identity == kept.identity { configuration = current }
        }
        if plan.restarts, let missing = tools.missingBootFiles(configuration).first {
            // What cannot be made anew is not destroyed.
            return .failed(SessionFailure(.guestActionFailed, ToolstackError.bootFileMissing(missing).description))
        }
        do throws(ToolstackError) {
            for step in plan.steps {
                switch step {
                case .dumpCore: dumpCore(domain, configuration)
                case .destroy: try destroy(domain, configuration, goesOn: plan.restarts)
                case .setAside:
                    let name = try tools.setAside(domain, configuration.name)
                    Log.notice("The ended domain is kept under another name", ("REPLICACTL_DOMAIN", name))
                case .create: return .restarted(try create(configuration))
                }
            }
        } catch {
            return .failed(SessionFailure(.guestActionFailed, error.description))
        }
        return .gone
    }

    private func dumpCore(_ domain: DomainID, _ configuration: DomainConfiguration) {
        do throws(ToolstackError) { try tools.dumpCore(domain, configuration) } catch {
            Log.warning(
                "The guest's memory was not written to a file", ("REPLICACTL_DOMAIN", configuration.name),
                ("REPLICACTL_DETAIL", error.description))
        }
    }

    private func destroy(
        _ domain: DomainID, _ configuration: DomainConfiguration, goesOn: Bool
    ) throws(ToolstackError) {
        do throws(ToolstackError) { try tools.destroy(domain, configuration.identity) } catch {
            // A domain that somebody still maps pages of is dead and stays listed; its guest shall run all the same.
            guard goesOn, case .domainRemains = error else { throw error }
        }
    }

    private func create(_ configuration: DomainConfiguration) throws(ToolstackError) -> DomainID {
        for _ in 1..<Self.attempts {
            do throws(ToolstackError) { return try tools.create(configuration) } catch {
                switch error {
                case .helperFailed, .helperTimedOut: break
                // Another attempt would find the same.
                default: throw error
                }
                Log.warning(
                    "The guest could not be started and is tried again", ("REPLICACTL_DOMAIN", configuration.name),
                    ("REPLICACTL_DETAIL", error.description))
                tools.pause(Self.pauseBetween)
            }
        }
        return try tools.create(configuration)
    }
}
