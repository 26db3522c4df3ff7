internal import DiskMirror
internal import ReplicaModel
internal import SystemKit

/// Where `replicactl disk` works: this host's files, DRBD and device-mapper.
struct DiskSite: Sendable {
    let files = ResourceFiles()
    let boot = BootFiles()
    let control = MirrorControl()
    /// Where takeovers write down what they take back.
    let journalFolder: String

    /// Looks at a resource.
    ///
    /// - Parameters:
    ///   - resource: The resource.
    ///   - named: What DRBD's file names as its disks.
    /// - Returns: What there is.
    /// - Throws: ``CommandError``.
    func situation(of resource: String, named: [String]) throws(CommandError) -> DiskSituation {
        let rows = try status().filter { $0.resource == resource }.sorted { $0.volume < $1.volume }
        let layer = try layer { () throws(EpochLayerError) in try LayerDevice.find(resource: resource) }
        return DiskSituation(
            resource: resource, volumes: rows.map(DiskSituation.Volume.init),
            layer: layer.map { DiskSituation.Layer(isArmed: $0.isArmed) },
            bootBacking: try file { () throws(SystemError) in try boot.backing(of: resource) }, named: named,
            hasJournal: UndoJournal.resources(in: journalFolder).contains(resource))
    }

    /// All volumes of DRBD; none when its module is not there.
    func status() throws(CommandError) -> [MirrorStatus] {
        do throws(MirrorError) { return try control.status(before: GuestDisk.deadline) } catch {
            if error == .moduleMissing { return [] }
            throw CommandError(.diskChangeFailed, error.description)
        }
    }

    /// Has `drbdadm` do something.
    func drbdadm(_ command: String, _ resource: String) throws(CommandError) {
        do throws(SessionFailure) { try MirrorTool.run(command, resource) } catch {
            throw CommandError(.diskChangeFailed, error.text)
        }
    }

    /// Does something with files.
    func file<Value>(_ body: () throws(SystemError) -> Value) throws(CommandError) -> Value {
        do throws(SystemError) { return try body() } catch { throw CommandError(.diskChangeFailed, "\(error)") }
    }

    /// Does something with the layer or a journal.
    func layer<Value>(_ body: () throws(EpochLayerError) -> Value) throws(CommandError) -> Value {
        do throws(EpochLayerError) { return try body() } catch {
            throw CommandError(.diskChangeFailed, error.description)
        }
    }

    /// Gives DRBD an order.
    func mirror<Value>(_ body: () throws(MirrorError) -> Value) throws(CommandError) -> Value {
        do throws(MirrorError) { return try body() } catch {
            throw CommandError(.diskChangeFailed, error.description)
        }
    }
}
