/// Scenarios that are always there, by name.
public enum NamedScenarios {
    /// The names, in the order of ``text(of:)``'s list.
    public static var names: [String] { all.map(\.name) }

    /// The text of a scenario; `nil` for a name that is not in ``names``.
    public static func text(of name: String) -> String? { all.first { $0.name == name }?.text }

    private static let all: [(name: String, text: String)] = [
        (
            "power-cut",
            """
            # The primary's host loses its power, and comes back as the backup.
            policy safe-by-lease
            at 5s power-cut xen1 for 8s
            until 25s
            """
        ),
        (
            "backup-power-cut",
            """
            # The backup's host loses its power: safe-by-lease holds the guest's output until it is back.
            policy safe-by-lease
            at 5s power-cut xen2 for 6s
            until 25s
            """
        ),
        (
            "link-then-witness",
            """
            # Both networks between the hosts die, and then the witness. Whom it chose first goes on.
            policy witness
            at 5s total-partition for 12s
            at 8s witness-down for 6s
            until 30s
            """
        ),
        (
            "witness-then-primary",
            """
            # The witness is away when the primary's host dies: the takeover waits for it.
            policy witness
            at 3s witness-down for 7s
            at 6s power-cut xen1 for 15s
            until 30s
            """
        ),
        (
            "freeze-and-thaw",
            """
            # The primary's host stands still for longer than the lease, and thaws beside a new owner.
            policy safe-by-lease
            at 5s freeze xen1 for 3s
            until 20s
            """
        ),
        (
            "guest-network-cable",
            """
            # The primary's guest network loses its cable: the guest moves to where clients can reach it.
            policy safe-by-lease
            at 5s lan-cable xen1 for 6s
            until 20s
            """
        ),
        (
            "partition-trusted",
            """
            # What trust-paths gives up: both networks fail in the middle, with every port up. Two owners.
            policy trust-paths
            at 5s total-partition for 6s
            until 20s
            """
        ),
        (
            "fenced-takeover",
            """
            # The hosts do not hear each other; the one that fences the other goes on.
            policy safe-by-lease
            fencing on
            at 5s total-partition for 8s
            until 30s
            """
        ),
        (
            "switchover-and-backup-dies",
            """
            # The backup's host dies in the middle of a switchover: the guest comes back to where it was.
            policy safe-by-lease
            at 5s switchover
            at 5.03s power-cut xen2 for 5s
            until 25s
            """
        ),
        (
            "controller-kill",
            """
            # The primary's controller is killed and started again: output is held until the backup has answered.
            policy safe-by-lease
            at 5s controller-crash xen1 for 2s
            until 15s
            """
        ),
    ]
}
