internal import SystemKit

/// Starts this program's own executable again.
enum Spawn {
    /// Starts a child in a process group of its own, with standard input empty, default signals and a fixed environment.
    ///
    /// - Parameters:
    ///   - arguments: What follows the program's name.
    ///   - plan: The descriptors that it gets; all others are closed.
    /// - Returns: The child, to be waited for by the caller.
    /// - Throws: ``SystemError`` of `posix_spawn` or `fcntl`.
    static func program(arguments: [String], _ plan: [DescriptorPlan]) throws(SystemError) -> Int32 {
        // The same file that runs here, even if a newer one was installed over it. Libxl's hotplug scripts need a search
        // path; nothing else of the environment is theirs.
        try ProcessStart.start(
            path: "/proc/self/exe", words: ["replicactl"] + arguments,
            environment: [ProcessStart.searchPath, "LANG=C"], plan)
    }
}
