import Foundation

/// A guest's disks as its own programs use them: a file system, the lanes of its disk verifier, its database.
struct GuestDisks: Sendable {
    /// The file system's place in the guest.
    static let folder = "/data"
    /// The database's file in the guest.
    static let database = "\(folder)/database"
    private static let verifierPort = 7002
    private static let databasePort = 7003

    /// Where on the disks everything is, in MiB.
    private struct Plan {
        let fileSystem: MirroredDisk
        let fileSystemSize = 128
        let raw: MirroredDisk
        let rawOffset: Int
        let laneSize = 4

        /// The file system has the first half of the first disk; what is written raw has the rest, or the second disk.
        init(_ disks: [MirroredDisk]) {
            fileSystem = disks.first ?? .first
            raw = disks.last ?? .first
            rawOffset = raw == fileSystem ? 160 : 0
        }
    }

    private let context: ScenarioContext
    private let lab: Lab
    private let guest: Guest
    private let plan: Plan

    /// Looks at a guest.
    ///
    /// - Parameters:
    ///   - guest: The guest.
    ///   - disks: Its disks, one or two.
    ///   - context: The scenario's context.
    init(_ guest: Guest, _ disks: [MirroredDisk], _ context: ScenarioContext) {
        self.guest = guest
        self.context = context
        lab = context.lab
        plan = Plan(disks)
    }

    private func device(_ disk: MirroredDisk) -> String { "/dev/\(disk.guestDevice)" }

    private func waitForDevices() throws(LabError) {
        try context.wait(until: "the guest takes commands and has its disks") { () throws(LabError) -> Bool? in
            let looks = [plan.fileSystem, plan.raw].map { "[ -b \(device($0)) ]" }.joined(separator: " && ")
            return try lab.guestShell(guest, looks).status == 0 ? true : nil
        }
    }

    /// Opens the file system and the database that an earlier guest left on the disks.
    func open() throws(LabError) {
        try waitForDevices()
        try run("mkdir -p \(Self.folder)")
        try mount()
    }

    private func mount() throws(LabError) {
        try run("mount -t ext4 \(device(plan.fileSystem)) \(Self.folder)")
        _ = try ask(Self.databasePort, "OPEN", Self.database)
    }

    /// Makes and mounts a new file system, fills the verifier's lanes and opens the database.
    func prepare() throws(LabError) {
        try waitForDevices()
        try run("disk format \(device(plan.fileSystem)) \(plan.fileSystemSize)")
        try fill()
        _ = try ask(Self.databasePort, "OPEN", Self.database)
        context.step("the guest has a file system and known content on its disks")
    }

    /// Fills the verifier's lanes with known content.
    func fill() throws(LabError) {
        _ = try ask(
            Self.verifierPort, "FILL", Self.folder, device(plan.raw), "\(plan.rawOffset)", "\(plan.laneSize)")
    }

    /// Says how many blocks a second the verifier writes, over all its lanes.
    func setRate(_ writes: Int) throws(LabError) {
        _ = try ask(Self.verifierPort, "RATE", "\(writes)")
        context.step("the guest does \(writes) writes a second to its disks")
    }

    /// Has the guest compare all its blocks with what its memory says, and demands that they agree (safety rule 3).
    func check() throws(LabError) {
        let answer = try verdict()
        try context.check(answer.hasPrefix("OK "), "the disks agree with the guest's memory: \(answer)")
    }

    /// Has the guest compare all its blocks with what its memory says.
    ///
    /// - Returns: Its answer: a line that begins with `OK` or `WRONG`.
    func verdict() throws(LabError) -> String {
        try context.wait(until: "the disk verifier has an answer") { () throws(LabError) -> String? in
            let result = try command(Self.verifierPort, ["CHECK"])
            let line = Self.line(result)
            return line.hasPrefix("OK ") || line.hasPrefix("WRONG ") ? line : nil
        }
    }

    /// Has the guest let go of its disks for a while, demands that its file system is clean, and does some work
    /// meanwhile: nobody writes to the disks then.
    ///
    /// - Parameter work: The work.
    /// - Throws: ``LabError``.
    func atRest(_ work: () throws(LabError) -> Void = {}) throws(LabError) {
        for port in [Self.verifierPort, Self.databasePort] { _ = try ask(port, "CLOSE") }
        try run("umount \(Self.folder)")
        let result = try lab.guestShell(guest, "e2fsck -f -n \(device(plan.fileSystem)) 2>&1")
        let words = Self.line(result).split(separator: "\n").last ?? ""
        try context.check(result.status == 0, "e2fsck finds nothing: status \(result.status), \(words)")
        try run("sync; echo 3 >/proc/sys/vm/drop_caches")
        try work()
        try mount()
        _ = try ask(Self.verifierPort, "REOPEN")
    }

    /// Runs fio on the raw part of the disks.
    ///
    /// - Parameters:
    ///   - job: What it is to do.
    ///   - seconds: For how long.
    /// - Returns: What came of it.
    /// - Throws: ``LabError``.
    func measure(_ job: DiskJob, seconds: Int) throws(LabError) -> DiskJob.Result {
        // Beyond the verifier's lanes.
        let place = "--filename=\(device(plan.raw)) --offset=\(plan.rawOffset + 16)M --size=64M"
        let script = "disk fio \(job.rawValue) \(place) --time_based --runtime=\(seconds) \(job.options)"
        return try DiskJob.Result(json: try run(script))
    }

    @discardableResult
    private func run(_ script: String) throws(LabError) -> String {
        let result = try lab.guestShell(guest, script)
        guard result.status == 0 else {
            throw LabError(
                .commandFailed, attempt: "run `\(script)` in \(guest.name)",
                outcome: "status \(result.status) \(Self.line(result))")
        }
        return result.output
    }

    private func ask(_ port: Int, _ words: String...) throws(LabError) -> String {
        let result = try command(port, words)
        guard result.status == 0 else {
            throw LabError(
                .commandFailed, attempt: "tell port \(port) of \(guest.name) `\(words.joined(separator: " "))`",
                outcome: Self.line(result))
        }
        return Self.line(result)
    }

    private func command(_ port: Int, _ words: [String]) throws(LabError) -> CommandResult {
        try lab.verifier(guest, words + ["--port", "\(port)"], seconds: 120)
    }

    private static func line(_ result: CommandResult) -> String {
        (result.output + result.errors).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
