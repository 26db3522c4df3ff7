// `replicactl disk wrap` and `unwrap`: an existing DRBD resource on the epoch layer and off it, while it is in use.

internal import DiskMirror
internal import ReplicaModel
internal import SystemKit

/// Changes what is below DRBD on this host, without copying anything.
///
/// While its disk is detached, a primary reads and writes through the peer; the attach resyncs what was written meanwhile.
struct DiskWrapping {
    /// How long the disk may take to be attached and to have joined the peer, in nanoseconds.
    private static let patience: UInt64 = 20_000_000_000
    /// How long a resync that runs already is waited for, as the one after the other host's turn, in nanoseconds.
    private static let resyncPatience: UInt64 = 120_000_000_000
    private static let resync = MirrorConnection.startingSyncSource...MirrorConnection.syncTarget

    let site: DiskSite
    let resource: String
    let output: CommandOutput

    // MARK: wrap

    func wrap() throws(CommandError) {
        let file = try site.files.file(of: resource)
        try awaitResync()
        let now = try site.situation(of: resource, named: file.text.disks(of: resource))
        switch WrapDecision(now) {
        case .isDone: say("\(resource) is wrapped already")
        case .refuse(let why, let hint): throw CommandError(.diskUnfit, "not wrapped: \(why)", hint: hint)
        case .wrap(let backing):
            try site.file { () throws(SystemError) in try site.boot.write(backing, of: resource) }
            say("wrote \(site.boot.path(of: resource))")
            do throws(CommandError) { try change(file, from: backing, to: now.layerPath) } catch {
                throw undoing(error) { () throws(SystemError) in try site.boot.remove(resource) }
            }
            do throws(CommandError) {
                try site.drbdadm("detach", resource)
                say("detached \(backing)")
            } catch {
                throw undoing(error) { () throws(SystemError) in try restore(file) }
            }
            try putOn(backing) { () throws(SystemError) in try restore(file) }
        case .finish(let backing):
            say("an earlier run was broken off after the detach")
            try putOn(backing) {}
        }
        for warning in site.files.warnings(on: resource) { output.error("replicactl: WARNING: \(warning)\n") }
        say(
            """
            Do the same on the other host, if you have not: replicactl disk wrap \(resource)
            A guest that uses it needs nothing new: phy:/dev/drbdN,xvda,w, with discard off (docs/disks.md).
            """)
    }

    /// The device and the attach; on an error all is as it was before the detach.
    private func putOn(_ backing: String, restore: () throws(SystemError) -> Void) throws(CommandError) {
        let device: LayerDevice
        do throws(CommandError) {
            device = try site.layer { () throws(EpochLayerError) in
                // Not with `??`, whose closure throws any error.
                if let device = try LayerDevice.find(resource: resource) { return device }
                return try LayerDevice.create(resource: resource, over: backing)
            }
            say("\(device.path) is over \(backing)")
        } catch {
            throw reattached(undoing(error, restore))
        }
        do throws(CommandError) {
            try site.drbdadm("attach", resource)
        } catch {
            try? device.remove()
            throw reattached(undoing(error, restore))
        }
        try check(lower: device.path)
    }

    // MARK: unwrap

    func unwrap() throws(CommandError) {
        let file = try? site.files.file(of: resource)
        try awaitResync()
        let now = try site.situation(of: resource, named: file?.text.disks(of: resource) ?? [])
        switch UnwrapDecision(now) {
        case .isDone: say("\(resource) is not on the epoch layer")
        case .refuse(let why, let hint): throw CommandError(.diskUnfit, "not unwrapped: \(why)", hint: hint)
        case .unwrap(let steps):
            if let file, let backing = steps.rewriteTo { try change(file, from: now.layerPath, to: backing) }
            if steps.detaches {
                do throws(CommandError) { try site.drbdadm("detach", resource) } catch {
                    throw undoing(error) { () throws(SystemError) in try restore(file) }
                }
            }
            if steps.removesLayer {
                do throws(CommandError) {
                    try site.layer { () throws(EpochLayerError) in try LayerDevice.find(resource: resource)?.remove() }
                } catch {
                    throw steps.detaches
                        ? reattached(undoing(error) { () throws(SystemError) in try restore(file) }) : error
                }
                say("\(now.layerPath) is removed")
            }
            if steps.attaches {
                try site.drbdadm("attach", resource)
                try check(lower: now.bootBacking ?? "")
            }
            try site.file { () throws(SystemError) in try site.boot.remove(resource) }
            say("\(resource) is off the epoch layer. Do the same on the other host: replicactl disk unwrap \(resource)")
        }
    }

    // MARK: steps

    private func change(_ file: ResourceFiles.Found, from former: String, to device: String) throws(CommandError) {
        let bytes = file.text.replacing(disk: former, of: resource, by: device)
        guard bytes != file.text.bytes else { return }
        try site.file { () throws(SystemError) in try site.files.replace(file, with: bytes) }
        say("\(file.path) names \(device) in place of \(former)")
    }

    private func restore(_ file: ResourceFiles.Found?) throws(SystemError) {
        if let file { try site.files.replace(file, with: file.text.bytes) }
        if file?.text.disks(of: resource).contains(MirrorVerdict.epochLayerPrefix + resource) == false {
            try site.boot.remove(resource)
        }
    }

    /// Waits until DRBD uses a device and has both copies alike again, or for a while, and says how it is.
    private func check(lower: String) throws(CommandError) {
        let end = Clock.monotonic + Self.patience
        var last: MirrorStatus?
        while Clock.monotonic < end {
            last = try site.status().first { $0.resource == resource }
            if let last, last.disk?.backingDevice == lower, last.diskState == .upToDate {
                say("\(resource) uses \(lower), which is UpToDate")
                return
            }
            Clock.sleep(milliseconds: 100)
        }
        guard let last, last.disk?.backingDevice == lower, Self.resync.contains(last.replication) else {
            let disk = last.map { "\($0.diskState) on \($0.disk?.backingDevice ?? "no disk")" } ?? "unknown to DRBD"
            throw CommandError(
                .diskChangeFailed, "\(resource) was attached, and then its disk is \(disk)",
                hint: "see `replicactl disk status \(resource)` and the kernel's log")
        }
        say("\(resource) uses \(lower); what was written meanwhile is being resynced (replicactl disk status)")
    }

    private func awaitResync() throws(CommandError) {
        let end = Clock.monotonic + Self.resyncPatience
        var isTold = false
        while Clock.monotonic < end {
            let row = try site.status().first { $0.resource == resource }
            guard let row, Self.resync.contains(row.replication) else { return }
            if !isTold { say("waits for the end of the resync") }
            isTold = true
            Clock.sleep(milliseconds: 200)
        }
    }

    private func undoing(_ error: CommandError, _ undo: () throws(SystemError) -> Void) -> CommandError {
        do throws(SystemError) { try undo() } catch let second {
            return CommandError(
                error.reason, "\(error.message); the files could not be put back: \(second)",
                hint: "the file before the change is kept as FILE\(ResourceFiles.copySuffix)")
        }
        return CommandError(error.reason, "\(error.message); the files are as they were", hint: error.hint)
    }

    /// The disk is attached again as the files, which were put back, say.
    private func reattached(_ error: CommandError) -> CommandError {
        do throws(CommandError) { try site.drbdadm("attach", resource) } catch let second {
            return CommandError(
                error.reason, "\(error.message); the disk could not be attached again: \(second.message)",
                hint: "drbdadm attach \(resource)")
        }
        return CommandError(error.reason, "\(error.message); the disk is attached as before", hint: error.hint)
    }

    private func say(_ text: String) { output.out(text + "\n") }
}
