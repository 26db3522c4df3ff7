import Testing

@testable import XenToolstack

/// The rules by which Xen's `block` lets a disk be attached.
@Suite struct DiskSharingTests {
    private func mounted(readOnly: Bool) -> DiskSharing {
        DiskSharing(mounts: [.init(device: "93:0", isReadOnly: readOnly)])
    }

    private func attached(writable: Bool, machine: String? = "/vm/other") -> DiskSharing {
        DiskSharing(attachments: [.init(device: "93:0", isWritable: writable, machine: machine)])
    }

    private func isFree(_ sharing: DiskSharing, writable: Bool, device: String = "93:0") -> Bool {
        sharing.obstacle(to: device, isWritable: writable, for: "/vm/own") == nil
    }

    @Test func aDiskToBeWrittenIsNotInUseAnywhere() {
        #expect(isFree(DiskSharing(), writable: true))
        #expect(!isFree(mounted(readOnly: false), writable: true))
        #expect(!isFree(mounted(readOnly: true), writable: true))
        #expect(!isFree(attached(writable: false), writable: true))
        #expect(!isFree(attached(writable: true), writable: true))
    }

    @Test func aDiskToBeReadIsNotWrittenAnywhere() {
        #expect(isFree(mounted(readOnly: true), writable: false))
        #expect(!isFree(mounted(readOnly: false), writable: false))
        #expect(isFree(attached(writable: false), writable: false))
        #expect(!isFree(attached(writable: true), writable: false))
    }

    @Test func otherDevicesDoNotCount() {
        #expect(isFree(mounted(readOnly: false), writable: true, device: "93:1"))
        #expect(isFree(attached(writable: true), writable: true, device: "930:"))
    }

    /// What is left of the guest itself, and of domains that are gone, is in nobody's way.
    @Test func theGuestItselfDoesNotCount() {
        #expect(isFree(attached(writable: true, machine: "/vm/own"), writable: true))
        #expect(isFree(attached(writable: true, machine: nil), writable: true))
    }

    @Test func readsTheTableOfMounts() {
        let table = """
            /dev/vda1 / ext4 rw,relatime 0 0
            proc /proc proc rw 0 0
            /dev/drbd0 /mnt ext4 ro,relatime 0 0
            /dev/sdb /srv btrfs rw,ro_something 0 0
            /none /x fuse rw 0 0
            broken

            """
        let numbers = ["/dev/vda1": "fe:1", "/dev/drbd0": "93:0", "/dev/sdb": "8:10"]
        #expect(
            DiskSharing.mounts(in: table) { numbers[$0] } == [
                .init(device: "fe:1", isReadOnly: false), .init(device: "93:0", isReadOnly: true),
                .init(device: "8:10", isReadOnly: false),
            ])
    }
}
