/// What can be asked of the witness about a domain.
public enum WitnessQuestion: Equatable, Sendable {
    /// Put the new record in the place of the expected one, if that is still what is stored; `nil` expects none.
    case swap(expected: WitnessRecord?, new: WitnessRecord)
    /// What is stored?
    case read
    /// Does this host keep its lease at the witness alive? Only for a head start and for display, never for ownership.
    case presence(host: String)
}
