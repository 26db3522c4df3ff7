internal import CDeviceMapper
internal import Glibc
internal import Synchronization
internal import SystemKit

/// The kernel's device-mapper, one command a call, without waiting for udev and without a process.
///
/// libdevmapper keeps its state in globals, so the commands of all threads take turns. Each lasts as long as the kernel
/// needs for it.
public enum DeviceMapper {
    /// What the kernel says of a device.
    public struct Information: Equatable, Sendable {
        /// The device's number.
        public let number: BlockDeviceNumber
        /// Whether I/O is held back.
        public let isSuspended: Bool
        /// Whether it has a table in use.
        public let hasLiveTable: Bool
        /// Whether a table is loaded that is not in use.
        public let hasLoadedTable: Bool
        /// How many users have it open.
        public let openCount: Int
    }

    /// One line of a live table or of a status.
    public struct Line: Equatable, Sendable {
        /// The first sector.
        public let start: UInt64
        /// The number of sectors.
        public let length: UInt64
        /// The kind of target.
        public let kind: String
        /// The rest of the line.
        public let parameters: String
    }

    /// Who sees a device besides the kernel.
    public enum Visibility: Sendable {
        /// Nobody: no node in `/dev/mapper`, and udev's rules do not look into it.
        case hidden
        /// A node in `/dev/mapper`, there when the call returns; udev's rules do not look into it.
        case node
    }

    private static let oneAtATime = Mutex(())

    /// Makes a device without a table.
    ///
    /// - Parameters:
    ///   - name: At most 127 bytes, without `/`.
    ///   - uuid: By which udev's rules know it; at most 128 bytes.
    /// - Throws: ``EpochLayerError/deviceMapper(action:device:code:message:)``, with `EBUSY` when there is one.
    public static func create(_ name: String, uuid: String) throws(EpochLayerError) {
        try run("create", name) { rdm_create(name, uuid) }
    }

    /// Loads a table next to the live one.
    ///
    /// - Parameters:
    ///   - name: The device.
    ///   - target: What it is to be.
    ///   - sectors: How long it is, in sectors of 512 bytes, 1 or more.
    /// - Throws: ``EpochLayerError/deviceMapper(action:device:code:message:)``.
    public static func load(_ name: String, _ target: DeviceTarget, sectors: UInt64) throws(EpochLayerError) {
        let parameters = target.parameters
        let kind = target.kind
        try run("load a \(kind) table into", name) {
            kind.withCString { kind in
                parameters.withCString { parameters in
                    var line = rdm_target(start: 0, length: sectors, type: kind, parameters: parameters)
                    return rdm_load(name, &line, 1)
                }
            }
        }
    }

    /// Makes the loaded table live, if there is one, and lets I/O pass.
    ///
    /// - Parameters:
    ///   - name: The device.
    ///   - visibility: Who sees it.
    /// - Throws: ``EpochLayerError/deviceMapper(action:device:code:message:)``.
    public static func resume(_ name: String, _ visibility: Visibility) throws(EpochLayerError) {
        try run("resume", name) { rdm_resume(name, visibility.flag) }
    }

    /// Holds I/O back, once all that is under way is done.
    ///
    /// - Parameter name: The device.
    /// - Throws: ``EpochLayerError/deviceMapper(action:device:code:message:)``.
    public static func suspend(_ name: String) throws(EpochLayerError) {
        try run("suspend", name) { rdm_suspend(name) }
    }

    /// Removes a device; one that is gone already is no error.
    ///
    /// A device that was just made may be open for a moment by whoever looks at each new device, so the removal is tried
    /// again.
    ///
    /// - Parameters:
    ///   - name: The device.
    ///   - visibility: As it was resumed.
    /// - Throws: ``EpochLayerError/deviceMapper(action:device:code:message:)``, with `EBUSY` when it stays open.
    public static func remove(_ name: String, _ visibility: Visibility) throws(EpochLayerError) {
        try untilFree { () throws(EpochLayerError) in
            do throws(EpochLayerError) { try run("remove", name) { rdm_remove(name, visibility.flag) } } catch {
                guard case .deviceMapper(_, _, ENXIO, _) = error else { throw error }
            }
        }
    }

    /// Repeats what finds a device busy, for up to five seconds.
    ///
    /// - Parameter body: What needs the device for itself, and has done nothing when it fails.
    /// - Throws: The last error.
    static func untilFree(_ body: () throws(EpochLayerError) -> Void) throws(EpochLayerError) {
        let deadline = Clock.monotonic + 5_000_000_000
        while true {
            do throws(EpochLayerError) { return try body() } catch {
                guard case .deviceMapper(_, _, EBUSY, _) = error, Clock.monotonic < deadline else { throw error }
                Clock.sleep(milliseconds: 20)
            }
        }
    }

    /// Asks for a device.
    ///
    /// - Parameter name: The device.
    /// - Returns: What it is, or `nil` when there is none.
    /// - Throws: ``EpochLayerError/deviceMapper(action:device:code:message:)``.
    public static func information(_ name: String) throws(EpochLayerError) -> Information? {
        var found = rdm_information()
        try run("ask for", name) { rdm_information(name, &found) }
        guard found.exists != 0 else { return nil }
        return Information(
            number: BlockDeviceNumber(major: found.major, minor: found.minor), isSuspended: found.suspended != 0,
            hasLiveTable: found.live_table != 0, hasLoadedTable: found.inactive_table != 0,
            openCount: Int(found.open_count))
    }

    /// Reads the live table.
    ///
    /// - Parameter name: The device.
    /// - Returns: Its lines; none when no table is live.
    /// - Throws: ``EpochLayerError/deviceMapper(action:device:code:message:)``, with `ENXIO` when there is no such device.
    public static func table(_ name: String) throws(EpochLayerError) -> [Line] {
        let sink = Sink()
        try run("read the table of", name) { rdm_table(name, Sink.take, sink.context) }
        return sink.lines
    }

    /// Reads what the targets of the live table have to tell.
    ///
    /// - Parameter name: The device.
    /// - Returns: A line for each line of the table; a snapshot's is `Invalid`, or its used and all sectors.
    /// - Throws: ``EpochLayerError/deviceMapper(action:device:code:message:)``, with `ENXIO` when there is no such device.
    public static func status(_ name: String) throws(EpochLayerError) -> [Line] {
        let sink = Sink()
        try run("read the status of", name) { rdm_status(name, Sink.take, sink.context) }
        return sink.lines
    }

    /// Lists the names of all devices of the host.
    ///
    /// - Returns: The names, sorted.
    /// - Throws: ``EpochLayerError/deviceMapper(action:device:code:message:)``.
    public static func names() throws(EpochLayerError) -> [String] {
        let sink = Sink()
        try run("list", "*") { rdm_names(Sink.take, sink.context) }
        return sink.lines.map(\.kind).sorted()
    }

    private static func run(_ action: String, _ name: String, _ command: () -> Int32) throws(EpochLayerError) {
        let failure = oneAtATime.withLock { _ -> EpochLayerError? in
            let result = command()
            if result >= 0 { return nil }
            return .deviceMapper(
                action: action, device: name, code: -result, message: String(cString: rdm_message()))
        }
        if let failure { throw failure }
    }
}

extension DeviceMapper.Visibility {
    fileprivate var flag: rdm_visibility {
        switch self {
        case .hidden: RDM_HIDDEN
        case .node: RDM_NODE
        }
    }
}

/// Collects the lines that the shim gives out.
private final class Sink {
    var lines: [DeviceMapper.Line] = []

    var context: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

    static let take: rdm_sink = { context, target in
        guard let context, let target = target?.pointee else { return }
        Unmanaged<Sink>.fromOpaque(context).takeUnretainedValue().lines.append(
            DeviceMapper.Line(
                start: target.start, length: target.length, kind: String(cString: target.type),
                parameters: String(cString: target.parameters)))
    }
}
