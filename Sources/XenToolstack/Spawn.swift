internal import Glibc
internal import SystemKit

/// Which descriptor of this process a child gets, and under which number.
struct DescriptorPlan: Sendable {
    /// The number here.
    let source: Int32
    /// The number there.
    let target: Int32
}

/// Starts this program's own executable again.
enum Spawn {
    /// Starts a child in a process group of its own, with standard input empty, default signals and a fixed environment.
    ///
    /// - Parameters:
    ///   - arguments: What follows the program's name.
    ///   - plan: The descriptors that it gets; all others are close-on-exec.
    /// - Returns: The child, to be waited for by the caller.
    /// - Throws: ``SystemError`` of `posix_spawn` or `fcntl`.
    static func program(arguments: [String], _ plan: [DescriptorPlan]) throws(SystemError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        var copies: [Int32] = []
        defer { for copy in copies { close(copy) } }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        for step in plan {
            // A high number first, so that no step overwrites the source of a later one.
            let copy = try retrying("fcntl F_DUPFD_CLOEXEC") { fcntl(step.source, F_DUPFD_CLOEXEC, 64) }
            copies.append(copy)
            posix_spawn_file_actions_adddup2(&actions, copy, step.target)
        }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var defaults = sigset_t()
        sigemptyset(&defaults)
        for signal in [SIGCHLD, SIGPIPE, SIGHUP, SIGINT, SIGTERM] { sigaddset(&defaults, signal) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
        posix_spawnattr_setflags(&attributes, Int16(flags))

        var process: pid_t = 0
        let words = CStrings(["replicactl"] + arguments)
        // Libxl's hotplug scripts need a search path; nothing else of the environment is theirs.
        let environment = CStrings(["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C"])
        // The same file that runs here, even if a newer one was installed over it.
        let error = posix_spawn(
            &process, "/proc/self/exe", &actions, &attributes, words.pointers, environment.pointers)
        guard error == 0 else { throw SystemError(code: error, call: "posix_spawn") }
        return process
    }
}

/// A list of C strings with a null at its end.
private struct CStrings: ~Copyable {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ strings: [String]) {
        count = strings.count
        pointers = .allocate(capacity: count + 1)
        for (index, string) in strings.enumerated() { (pointers + index).initialize(to: strdup(string)) }
        (pointers + count).initialize(to: nil)
    }

    deinit {
        for index in 0..<count { free(pointers[index]) }
        pointers.deallocate()
    }
}
