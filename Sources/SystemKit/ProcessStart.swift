internal import CLinux
internal import Glibc

/// Which descriptor of this process a child gets, and under which number.
public struct DescriptorPlan: Sendable {
    /// The number here.
    public let source: Int32
    /// The number there.
    public let target: Int32

    /// Makes a step of a plan.
    public init(source: Int32, target: Int32) {
        self.source = source
        self.target = target
    }
}

/// Starts programs, without a shell.
public enum ProcessStart {
    /// The search path that children get.
    public static let searchPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// Starts a child in a process group of its own, with default signals and none blocked.
    ///
    /// - Parameters:
    ///   - path: The program's file; it is not searched for.
    ///   - words: The program's name as it sees it, and its arguments.
    ///   - environment: All that it gets, each `NAME=value`.
    ///   - descriptors: What it gets; its standard input is empty unless it is among them, every other is closed.
    /// - Returns: The child, to be waited for by the caller.
    /// - Throws: ``SystemError`` of `posix_spawn` or `fcntl`; `ENOENT` and `EACCES` tell that the program cannot be run.
    public static func start(
        path: String, words: [String], environment: [String], _ descriptors: [DescriptorPlan]
    ) throws(SystemError) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        var copies: [Int32] = []
        defer { for copy in copies { close(copy) } }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        for step in descriptors {
            // A high number first, so that no step overwrites the source of a later one.
            let copy = try retrying("fcntl F_DUPFD_CLOEXEC") { fcntl(step.source, F_DUPFD_CLOEXEC, 64) }
            copies.append(copy)
            posix_spawn_file_actions_adddup2(&actions, copy, step.target)
        }
        // A library may have opened one that would be inherited.
        let last = descriptors.map(\.target).max() ?? 2
        try checked(rc_spawn_close_from(&actions, max(last, 2) + 1), "posix_spawn_file_actions_addclosefrom_np")

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
        let words = CStrings(words)
        let environment = CStrings(environment)
        let error = posix_spawn(&process, path, &actions, &attributes, words.pointers, environment.pointers)
        guard error == 0 else { throw SystemError(code: error, call: "posix_spawn \(path)") }
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
