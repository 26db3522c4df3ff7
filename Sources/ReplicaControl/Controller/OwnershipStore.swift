// The ownership records on disk: one small file a domain, replaced whole, so that a power cut leaves the old or the
// new one and never a mixture.

internal import FoundationEssentials
internal import Glibc
public import ReplicaModel
public import ReplicaProtocol
public import SystemKit

/// A failure of the ownership store.
public enum OwnershipStoreError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file or its directory could not be read or written.
    case storage(path: String, SystemError)
    /// The file holds something that this version cannot read; it is left as it is.
    case unreadable(path: String, detail: String)

    /// What was tried, what happened and what to do.
    public var description: String {
        switch self {
        case .storage(let path, let error):
            "cannot keep the ownership record \(path): \(error); free space or mend the file system, then try again"
        case .unreadable(let path, let detail):
            "cannot use the ownership record \(path): \(detail); "
                + "if no other host runs this domain, move the file away and try again"
        }
    }
}

/// Reads and writes the ownership records under the state directory.
public struct OwnershipStore: Sendable {
    private let directory: String
    /// Where a takeover writes down what of the disks it takes back.
    let journalFolder: String

    /// Opens the store, making its directory where it is missing.
    ///
    /// - Parameter stateDirectory: The configured state directory.
    /// - Throws: ``OwnershipStoreError`` when the directory cannot be made.
    public init(stateDirectory: String) throws(OwnershipStoreError) {
        directory = stateDirectory + "/domains"
        journalFolder = Self.journalFolder(in: stateDirectory)
        for path in [stateDirectory, directory, journalFolder] where mkdir(path, 0o700) != 0 && errno != EEXIST {
            throw .storage(path: path, .last("mkdir"))
        }
    }

    /// Reads every record.
    ///
    /// - Returns: The records that could be read, and an error for each file that could not.
    public func all() -> (records: [OwnershipRecord], failures: [OwnershipStoreError]) {
        guard let listing = opendir(directory) else {
            return ([], [.storage(path: directory, .last("opendir"))])
        }
        defer { closedir(listing) }
        var records: [OwnershipRecord] = []
        var failures: [OwnershipStoreError] = []
        while let entry = readdir(listing) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name.hasSuffix(".json"), let domain = DomainIdentity(name.dropLast(5)) else { continue }
            do throws(OwnershipStoreError) {
                if let record = try record(of: domain) { records.append(record) }
            } catch {
                failures.append(error)
            }
        }
        return (records.sorted { $0.name < $1.name }, failures)
    }

    /// Reads one domain's record.
    ///
    /// - Parameter domain: The domain.
    /// - Returns: `nil` when there is none.
    /// - Throws: ``OwnershipStoreError`` when it cannot be read, is cut short, or is of a newer layout.
    public func record(of domain: DomainIdentity) throws(OwnershipStoreError) -> OwnershipRecord? {
        let path = path(of: domain)
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try FileDescriptor.contents(of: path, atMost: 65536) } catch {
            if error.code == ENOENT { return nil }
            throw .storage(path: path, error)
        }
        let record: OwnershipRecord
        do {
            record = try JSONDecoder().decode(OwnershipRecord.self, from: Data(bytes))
        } catch {
            throw .unreadable(path: path, detail: "it is cut short or not an ownership record")
        }
        guard record.version == OwnershipRecord.currentVersion, record.domain == domain.description else {
            throw .unreadable(path: path, detail: "it is of layout \(record.version) for \(record.domain)")
        }
        return record
    }

    /// Writes a record so that it survives a power cut from the moment this returns.
    ///
    /// - Parameter record: Takes the place of the domain's older record.
    /// - Throws: ``OwnershipStoreError``; the older record is then still whole.
    public func write(_ record: OwnershipRecord) throws(OwnershipStoreError) {
        guard let domain = DomainIdentity(record.domain) else {
            throw .unreadable(path: directory, detail: "\(record.domain) is not a UUID")
        }
        let path = path(of: domain)
        do throws(SystemError) {
            try DurableFile.replace(path, with: Array(Self.encoded(record).utf8), mode: 0o600)
        } catch {
            throw .storage(path: path, error)
        }
    }

    /// Where a takeover writes down what it takes back of the disks.
    static func journalFolder(in stateDirectory: String) -> String { stateDirectory + "/undo" }

    /// Deletes a domain's record.
    ///
    /// - Parameter domain: The domain.
    /// - Throws: ``OwnershipStoreError`` when it is still there.
    public func remove(_ domain: DomainIdentity) throws(OwnershipStoreError) {
        let path = path(of: domain)
        if unlink(path) != 0 && errno != ENOENT { throw .storage(path: path, .last("unlink")) }
    }

    private func path(of domain: DomainIdentity) -> String { "\(directory)/\(domain).json" }

    private static func encoded(_ record: OwnershipRecord) throws(SystemError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        guard let data = try? encoder.encode(record) else { throw SystemError(code: EINVAL, call: "encode") }
        return String(decoding: data, as: UTF8.self) + "\n"
    }
}
