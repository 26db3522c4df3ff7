/// What a domain's configuration wants done when its guest ends: libxl's `on_poweroff` and its fellows.
public struct LifecycleActions: Equatable, Sendable {
    /// One action; the raw values are libxl's words in its JSON.
    public enum Action: String, CaseIterable, Sendable {
        /// Destroy the domain.
        case destroy
        /// Destroy it and make it anew from its configuration.
        case restart
        /// Keep it, shut down, under another name and make it anew.
        case renameRestart = "restart_rename"
        /// Keep it, shut down.
        case preserve
        /// Write its memory to a file, then destroy it.
        case coredumpDestroy = "coredump_destroy"
        /// Write its memory to a file, then destroy it and make it anew.
        case coredumpRestart = "coredump_restart"
        /// Let it go on with another kernel in place.
        case softReset = "soft_reset"
    }

    /// For a guest that powered off.
    public let onPowerOff: Action
    /// For a guest that rebooted.
    public let onReboot: Action
    /// For a guest whose watchdog ran out.
    public let onWatchdog: Action
    /// For a guest that crashed.
    public let onCrash: Action
    /// For a guest that starts another kernel in place.
    public let onSoftReset: Action

    /// Makes a set of actions; libxl's default is to destroy, whatever happened.
    public init(
        onPowerOff: Action = .destroy, onReboot: Action = .destroy, onWatchdog: Action = .destroy,
        onCrash: Action = .destroy, onSoftReset: Action = .destroy
    ) {
        self.onPowerOff = onPowerOff
        self.onReboot = onReboot
        self.onWatchdog = onWatchdog
        self.onCrash = onCrash
        self.onSoftReset = onSoftReset
    }

    /// Reads the members of libxl's JSON, which leaves out those that have libxl's default; `xl`'s own defaults
    /// (restart at a reboot) are in it.
    ///
    /// - Parameter root: The whole configuration.
    /// - Throws: ``ToolstackError/malformedConfiguration(_:)`` for a word that is none of libxl's.
    init(configuration root: JSONValue) throws(ToolstackError) {
        self.init(
            onPowerOff: try Self.action(root, "on_poweroff"), onReboot: try Self.action(root, "on_reboot"),
            onWatchdog: try Self.action(root, "on_watchdog"), onCrash: try Self.action(root, "on_crash"),
            onSoftReset: try Self.action(root, "on_soft_reset"))
    }

    /// What is to be done after an end.
    ///
    /// - Parameter end: How the guest ended.
    /// - Returns: `nil` when the domain was destroyed by somebody else: nothing is left to be done. An end that Xen does
    ///   not name is one to destroy, as `xl` does.
    public func action(for end: GuestEnd) -> Action? {
        switch end {
        case .poweredOff: onPowerOff
        case .rebooted: onReboot
        case .crashed: onCrash
        case .watchdogRanOut: onWatchdog
        case .softReset: onSoftReset
        case .shutDown: .destroy
        case .destroyed: nil
        }
    }

    private static func action(_ root: JSONValue, _ member: String) throws(ToolstackError) -> Action {
        guard root[member] != .null else { return .destroy }
        guard let action = root[member].text.flatMap(Action.init(rawValue:)) else {
            throw .malformedConfiguration("its \(member) is not one of libxl's actions")
        }
        return action
    }
}
