import Glibc
import ReplicaModel
import SystemKit
import TestSupport
import Testing

@testable import ReplicaControl
@testable import ReplicaProtocol

/// What a host must not forget, over power cuts, full disks and files that something else wrote.
@Suite struct OwnershipStoreTests {
    private let folder: TemporaryDirectory
    private let store: OwnershipStore
    private let domain = DomainIdentity(high: 0x1122_3344_5566_7788, low: 0x99aa_bbcc_ddee_ff00)

    init() throws {
        folder = try TemporaryDirectory()
        store = try OwnershipStore(stateDirectory: folder.path + "/state")
    }

    private var records: String { folder.path + "/state/domains" }
    private var file: String { "\(records)/\(domain).json" }

    private func record(
        _ generation: UInt64, role: OwnershipRecord.Role = .primary, name: String = "web",
        of other: DomainIdentity? = nil
    ) -> OwnershipRecord {
        OwnershipRecord(
            domain: other ?? domain, name: name, generation: Generation(rawValue: generation), role: role,
            reason: .operatorRequest, since: 1_700_000_000_000_000_000, boot: "2f3c", isProtectionWanted: true,
            home: "xen1")
    }

    /// Puts a text where the store keeps a record.
    private func plant(_ text: String, at path: String? = nil) throws {
        let path = path ?? file
        let descriptor = FileDescriptor(
            owning: try retrying("open") { open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600) })
        try descriptor.writeAll(text)
    }

    private func text(at path: String? = nil) throws -> String {
        let path = path ?? file
        return try FileDescriptor(owning: try retrying("open") { open(path, O_RDONLY) }).readAllText()
    }

    /// The file and its folder are the store's alone, and no name but the record's is left over.
    @Test func givesBackWhatWasWritten() throws {
        #expect(try store.record(of: domain) == nil)
        let written = record(7, role: .backup, name: "wéb \"1\"")
        try store.write(written)
        #expect(try store.record(of: domain) == written)
        #expect(TemporaryDirectory.names(in: records) == ["\(domain).json"])
        var status = stat()
        try #require(stat(file, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
    }

    @Test func isThereForTheNextController() throws {
        try store.write(record(7))
        let next = try OwnershipStore(stateDirectory: folder.path + "/state")
        #expect(try next.record(of: domain) == record(7))
    }

    @Test func replacesTheOlderRecord() throws {
        try store.write(record(7))
        try store.write(record(8, role: .former))
        #expect(try store.record(of: domain) == record(8, role: .former))
        #expect(TemporaryDirectory.names(in: records) == ["\(domain).json"])
    }

    @Test func aFailedWriteLeavesTheOlderRecordWhole() throws {
        try store.write(record(7))
        let before = try text()
        // The new content cannot be put beside the old one: a folder has its name.
        try #require(mkdir(file + ".new", 0o700) == 0)
        #expect(throws: OwnershipStoreError.storage(path: file, SystemError(code: EISDIR, call: "open"))) {
            try store.write(record(8))
        }
        #expect(try text() == before)
        #expect(try store.record(of: domain) == record(7))
    }

    @Test func aFullDiskLeavesTheOlderRecordWhole() throws {
        try store.write(record(7))
        // Every write to this device fails as on a full disk.
        try #require(symlink("/dev/full", file + ".new") == 0)
        #expect(throws: OwnershipStoreError.storage(path: file, SystemError(code: ENOSPC, call: "write"))) {
            try store.write(record(8))
        }
        #expect(try store.record(of: domain) == record(7))
    }

    @Test func whatAPowerCutLeftOfAWriteIsOverwritten() throws {
        try store.write(record(7))
        try plant("{\"version\" : 1, \"dom", at: file + ".new")
        #expect(try store.record(of: domain) == record(7))
        #expect(store.all().records == [record(7)])
        try store.write(record(8))
        #expect(try store.record(of: domain) == record(8))
        #expect(TemporaryDirectory.names(in: records) == ["\(domain).json"])
    }

    @Test func everyCutOfAFileIsToldAndLeftAlone() throws {
        try store.write(record(7))
        let whole = try text()
        // Only the line's end may be missing.
        for count in 0..<(whole.utf8.count - 2) {
            let cut = String(decoding: whole.utf8.prefix(count), as: UTF8.self)
            try plant(cut)
            #expect(throws: unreadable("it is cut short or not an ownership record"), "\(count) bytes") {
                _ = try store.record(of: domain)
            }
            #expect(try text() == cut)
        }
    }

    @Test(arguments: ["", "\0\0\0\0", "[]", "null", "{}", "not a record\n"])
    func somethingElseIsToldAndLeftAlone(content: String) throws {
        try plant(content)
        #expect(throws: unreadable("it is cut short or not an ownership record")) {
            _ = try store.record(of: domain)
        }
        #expect(try text() == content)
    }

    @Test func aWordThatThisReleaseDoesNotKnowIsNotGuessed() throws {
        try store.write(record(7))
        let unknown = try text().replacing("\"primary\"", with: "\"witness\"")
        try plant(unknown)
        #expect(throws: unreadable("it is cut short or not an ownership record")) {
            _ = try store.record(of: domain)
        }
    }

    @Test func aNewerLayoutIsToldAndLeftAlone() throws {
        var newer = record(7)
        newer.version = OwnershipRecord.currentVersion + 1
        try store.write(newer)
        let before = try text()
        #expect(throws: unreadable("it is of layout 3 for \(domain)")) { _ = try store.record(of: domain) }
        #expect(try text() == before)
    }

    @Test func aRecordUnderAnotherDomainsNameIsNotBelieved() throws {
        let other = DomainIdentity(high: 3, low: 4)
        try store.write(record(7, of: other))
        try #require(rename("\(records)/\(other).json", file) == 0)
        #expect(throws: unreadable("it is of layout 2 for \(other)")) { _ = try store.record(of: domain) }
    }

    @Test func listsTheGoodRecordsByNameAndTellsTheOthers() throws {
        let broken = DomainIdentity(high: 5, low: 6)
        try store.write(record(7, name: "web"))
        try store.write(record(1, role: .owner, name: "db", of: DomainIdentity(high: 3, low: 4)))
        try plant("{", at: "\(records)/\(broken).json")
        try plant("notes of an operator", at: "\(records)/README")
        try plant("{}", at: "\(records)/another.json")
        let (good, failures) = store.all()
        #expect(good.map(\.name) == ["db", "web"])
        #expect(good.last == record(7))
        #expect(
            failures == [
                .unreadable(
                    path: "\(records)/\(broken).json", detail: "it is cut short or not an ownership record")
            ])
    }

    @Test func anEmptyStoreHasNoRecords() {
        let (good, failures) = store.all()
        #expect(good.isEmpty && failures.isEmpty)
    }

    @Test func aMissingFolderIsTold() throws {
        try #require(rmdir(records) == 0)
        #expect(store.all().failures == [.storage(path: records, SystemError(code: ENOENT, call: "opendir"))])
        #expect(throws: OwnershipStoreError.storage(path: file, SystemError(code: ENOENT, call: "open"))) {
            try store.write(record(7))
        }
    }

    @Test func aStateDirectoryThatCannotBeMadeIsTold() throws {
        let path = folder.path + "/file"
        try plant("", at: path)
        #expect(throws: OwnershipStoreError.storage(path: path + "/domains", SystemError(code: ENOTDIR, call: "mkdir")))
        {
            _ = try OwnershipStore(stateDirectory: path)
        }
    }

    @Test func aRecordOfNoDomainIsNotWritten() throws {
        var nameless = record(7)
        nameless.domain = "../../etc/passwd"
        #expect(throws: unreadable("../../etc/passwd is not a UUID", at: records)) { try store.write(nameless) }
        #expect(TemporaryDirectory.names(in: records) == [])
    }

    private func unreadable(_ detail: String, at path: String? = nil) -> OwnershipStoreError {
        .unreadable(path: path ?? file, detail: detail)
    }
}
