internal import Heartbeat
internal import ReplicaModel

/// Makes a new heartbeat key.
enum KeyGeneration {
    /// Writes it.
    ///
    /// - Parameter output: The new file; `nil` for the place where the services look for it.
    /// - Returns: What to tell the operator.
    /// - Throws: `CommandError` when the file exists or cannot be written.
    static func run(output: String?) throws(CommandError) -> String {
        let path = output ?? HeartbeatKeyFile.defaultPath
        do {
            try HeartbeatKeyFile.create(path)
        } catch {
            throw CommandError(.keyFile, "no key was made: \(error)")
        }
        return """
            wrote a new heartbeat key to \(path)
            Copy it to the other host, as its heartbeat.key_file, on a way that nobody else can read; owner root, mode 0600.
            Then start replicactl-heartbeat anew on both hosts.

            """
    }
}
