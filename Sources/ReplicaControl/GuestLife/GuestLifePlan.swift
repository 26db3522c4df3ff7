public import ReplicaModel

/// What is to be done with a domain whose guest has ended, in order, once nobody else can own it.
public struct GuestLifePlan: Equatable, Sendable {
    /// One thing to do.
    public enum Step: Equatable, Sendable {
        /// Write the guest's memory to a file; a failure of it stops nothing.
        case dumpCore
        /// Destroy the domain.
        case destroy
        /// Keep the domain, shut down, under another name.
        case setAside
        /// Make the domain anew and let it run.
        case create
    }

    /// What to do, in order; empty when the domain stays as it is, or is gone.
    public let steps: [Step]
    /// Whether the domain is gone already.
    public let isGone: Bool
    /// The steps may be begun from here on: a guest that ends again and again is not made anew in a tight loop.
    public let notBefore: MonotonicTime

    /// Whether the guest runs again at the end.
    public var restarts: Bool { steps.contains(.create) }
}
