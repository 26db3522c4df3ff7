import Foundation

/// The lab: two nested Xen hosts and a client on this machine.
///
/// All functions block and may be called from any thread. The state is in the kernel and in the run folder, so any
/// number of processes can hold a `Lab`.
public struct Lab: Sendable {
    /// Where the lab keeps its files.
    public let layout: Layout
    /// Where progress is told.
    public let progress: Progress

    /// The network namespace that holds the networks and the client.
    public static let namespace = "rlab"

    /// Opens the lab, running or not.
    ///
    /// - Parameters:
    ///   - layout: Where the lab keeps its files.
    ///   - progress: Where progress is told.
    /// - Throws: ``LabError`` with cause `missingRequirement` if this is not root.
    public init(layout: Layout, progress: Progress = Progress()) throws(LabError) {
        guard geteuid() == 0 else {
            throw LabError(
                .missingRequirement, attempt: "open the lab", outcome: "only root can make network namespaces and taps",
                remedy: "Run the command again as root.")
        }
        self.layout = layout
        self.progress = progress
        try Files.makeDirectory(layout.cache)
    }

    /// Brings both hosts up and waits until they take commands.
    ///
    /// Does nothing to what is already up.
    ///
    /// - Throws: ``LabError``.
    public func up() throws(LabError) {
        try exclusively { () throws(LabError) in
            let running = HostName.allCases.filter { process($0) != nil }
            let image = try running.isEmpty ? prepareImage() : runningImage()
            if try imageKey() != image.key {
                progress.step("note: the hosts run an older image; `down` and `up` again to use the new one")
            }
            try prepareNetwork()
            try prepareRunFolder(image: image)
            for host in HostName.allCases where !running.contains(host) { try start(host, image: image) }
            for host in HostName.allCases { try waitUntilUp(host) }
        }
    }

    /// Ends everything and removes what it left: processes, network namespace, taps, disks.
    ///
    /// - Throws: ``LabError``.
    public func down() throws(LabError) {
        try exclusively { () throws(LabError) in
            try removeNetwork()
            try ProcessTable.end(HostName.allCases.compactMap { process($0) })
            try Files.remove(layout.run)
            progress.step("the lab is down")
        }
    }

    /// Keeps other commands from changing the lab meanwhile.
    func exclusively<Value>(_ work: () throws(LabError) -> Value) throws(LabError) -> Value {
        let waiting = { progress.step("another command is changing the lab: waiting for it") }
        return try FileLock.holding("\(layout.cache)/lab.lock", waiting: waiting, work)
    }

    private func prepareRunFolder(image: HostImage) throws(LabError) {
        if let key = try? runningImage().key, key == image.key { return }
        try Files.remove(layout.run)
        for folder in [layout.run, layout.guests, layout.captures] { try Files.makeDirectory(folder) }
        try Files.write(image.key, to: layout.imageKeyFile)
    }
}
