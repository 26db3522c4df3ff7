internal import Glibc
internal import ReplicaModel
internal import SystemKit

/// The process that `xl create` leaves behind to destroy or restart its guest.
///
/// It ends by itself when it sees its guest suspended, but it need not see that: with a suspend channel xenstored is
/// not told of a suspend, and the monitor looks only when xenstored reports something of any domain. One that
/// lives on would make a rebooted guest anew, with nothing holding its output, while the replica may still take over
/// (safety rule 2). So it is ended before a replica can be armed; from then on the controller does its work.
public enum ToolstackMonitor {
    /// How long the process may take to end.
    private static let bound: Milliseconds = 1000

    /// Ends the monitors of a domain; there is none for a guest that this program restored or restarted.
    ///
    /// - Parameter name: The domain's name.
    /// - Returns: How many processes were ended.
    /// - Throws: ``ToolstackError/monitorRemains(_:process:)``.
    @discardableResult
    public static func end(ofDomainNamed name: String) throws(ToolstackError) -> Int {
        let monitors = find(ofDomainNamed: name)
        for process in monitors {
            kill(process, SIGTERM)
            let deadline = Clock.monotonic + bound.nanoseconds
            while isMonitor(process, of: name) {
                guard Clock.monotonic < deadline else { throw .monitorRemains(name, process: process) }
                Clock.sleep(milliseconds: 5)
            }
        }
        return monitors.count
    }

    /// Whether a domain has such a monitor.
    ///
    /// - Parameter name: The domain's name.
    /// - Returns: `false` for a guest that this program restored or restarted.
    public static func isPresent(forDomainNamed name: String) -> Bool { !find(ofDomainNamed: name).isEmpty }

    /// Whether a process is `xl` that writes to the log which it opens for one domain's monitor.
    ///
    /// - Parameters:
    ///   - executable: Where `/proc/<pid>/exe` leads.
    ///   - output: Where `/proc/<pid>/fd/1` leads.
    ///   - name: The domain's name.
    /// - Returns: Whether both fit.
    static func isMonitor(executable: String, output: String, of name: String) -> Bool {
        // An upgrade of the package may have replaced the file, a rotation may have renamed or removed the log.
        let program = withoutDeleted(executable)
        guard program.split(separator: "/").last == "xl" else { return false }
        let log = withoutDeleted(output)
        // A guest that came by a migration has its monitor under the name that it had on the way.
        return [name, name + "--incoming"].contains { candidate in
            let base = "/var/log/xen/xl-\(candidate).log"
            guard log.hasPrefix(base) else { return false }
            let rest = log.dropFirst(base.count)
            return rest.isEmpty || rest.first == "." && Int(rest.dropFirst()) != nil
        }
    }

    private static func withoutDeleted(_ path: String) -> Substring {
        let mark = " (deleted)"
        return path.hasSuffix(mark) ? path.dropLast(mark.count) : path[...]
    }

    private static func isMonitor(_ process: pid_t, of name: String) -> Bool {
        guard let executable = target(of: "/proc/\(process)/exe"), let output = target(of: "/proc/\(process)/fd/1")
        else { return false }
        return isMonitor(executable: executable, output: output, of: name)
    }

    private static func find(ofDomainNamed name: String) -> [pid_t] {
        guard let directory = opendir("/proc") else { return [] }
        defer { closedir(directory) }
        var found: [pid_t] = []
        while let entry = readdir(directory) {
            let text = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let process = pid_t(text), isMonitor(process, of: name) { found.append(process) }
        }
        return found
    }

    private static func target(of link: String) -> String? {
        var text = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink(link, &text, text.count)
        guard length > 0 else { return nil }
        return String(decoding: text.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
