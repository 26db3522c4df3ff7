import Foundation

/// What `/proc` says about a process.
enum ProcessTable {
    /// Reads a process's command line.
    ///
    /// - Returns: Its words, or `nil` if there is no such process or it is a zombie.
    static func commandLine(_ process: pid_t) -> [String]? {
        guard let text = try? Files.read("/proc/\(process)/cmdline"), !text.isEmpty else { return nil }
        return text.split(separator: "\0").map(String.init)
    }

    /// Whether the process is stopped by a signal.
    static func isStopped(_ process: pid_t) -> Bool { state(process) == "T" }

    /// Whether the process has not ended; a zombie has.
    static func isAlive(_ process: pid_t) -> Bool {
        // Not by the command line, which is empty for a moment while the process becomes another program.
        state(process).map { $0 != "Z" && $0 != "X" } ?? false
    }

    private static func state(_ process: pid_t) -> Character? {
        guard let text = try? Files.read("/proc/\(process)/stat"), let end = text.lastIndex(of: ")") else {
            return nil
        }
        return text[end...].dropFirst(2).first
    }

    /// Whether nothing of the process runs.
    ///
    /// A zombie whose threads are still ending holds its taps and disks, although its command line is gone.
    private static func hasEnded(_ process: pid_t) -> Bool {
        commandLine(process) == nil && Files.list("/proc/\(process)/task").count <= 1
    }

    /// Kills processes and waits until they are gone.
    static func end(_ processes: [pid_t]) throws(LabError) {
        for process in processes { kill(process, SIGKILL) }
        let gone = try Retry.until(limit: .seconds(20), pause: .milliseconds(20)) { () throws(LabError) -> Bool? in
            processes.allSatisfy(hasEnded) ? true : nil
        }
        guard gone != nil else {
            throw LabError(
                .timedOut, attempt: "end the processes \(processes)", outcome: "they are there 20 s after SIGKILL",
                remedy: "Look at their state in /proc; a disk that hangs can hold them.")
        }
    }
}
