// Remembers over a crash which copies of disks were made primary here for a takeover whose guest did not run yet.

internal import Glibc
internal import ReplicaModel
internal import SystemKit

/// The copies that a takeover has taken and its guest has not used.
///
/// From the promotion on such a copy calls itself newer than the other host's. When the takeover comes to nothing and the
/// other host goes on, that is untrue: the copy has to be written anew from there, or the two would count as split.
struct TakenCopies: Sendable {
    /// Where the notes are kept, beside the journals.
    let folder: String

    private static let suffix = ".taken"

    /// Notes a copy, before its promotion.
    ///
    /// - Parameters:
    ///   - resource: The DRBD resource.
    ///   - domain: Whose disk it is.
    /// - Throws: ``SessionFailure`` when that is not on the medium.
    func note(_ resource: String, of domain: DomainIdentity) throws(SessionFailure) {
        do throws(SystemError) {
            try DurableFile.replace(path(of: resource), with: Array(domain.description.utf8), mode: 0o600)
        } catch { throw SessionFailure(.storageFailed, "could not note that \(resource) is taken over: \(error)") }
    }

    /// The copies of takeovers that are under way, or came to nothing, each with its domain.
    ///
    /// - Returns: What could be read, sorted by the resources.
    func all() -> [(resource: String, domain: DomainIdentity)] {
        guard let listing = opendir(folder) else { return [] }
        defer { closedir(listing) }
        var found: [(resource: String, domain: DomainIdentity)] = []
        while let entry = readdir(listing) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name.hasSuffix(Self.suffix),
                let bytes = try? FileDescriptor.contents(of: "\(folder)/\(name)", atMost: 64),
                let domain = DomainIdentity(String(decoding: bytes, as: UTF8.self))
            else { continue }
            found.append((String(name.dropLast(Self.suffix.count)), domain))
        }
        return found.sorted { $0.resource < $1.resource }
    }

    /// Forgets a copy: the guest is about to run on it, or it is written anew; none is no error.
    ///
    /// - Parameter resource: The DRBD resource.
    /// - Throws: ``SessionFailure``; may be repeated.
    func forget(_ resource: String) throws(SessionFailure) {
        guard access(path(of: resource), F_OK) == 0 else { return }
        do throws(SystemError) { try DurableFile.remove(path(of: resource)) } catch {
            throw SessionFailure(.storageFailed, "could not note that \(resource) is not taken over: \(error)")
        }
    }

    private func path(of resource: String) -> String { "\(folder)/\(resource)\(Self.suffix)" }
}
