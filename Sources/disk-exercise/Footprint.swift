import DiskMirror
import Glibc
import SystemKit

/// What the layer takes of the host at a moment.
struct Footprint: Encodable, Equatable {
    /// Device-mapper devices.
    var devices: [String]
    /// Loop devices in use.
    var loops: Int
    /// Open descriptors of this process.
    var descriptors: Int
    /// Memory of files in memory.
    var sharedKilobytes: Int
    /// Memory of the kernel that it cannot give back.
    var kernelKilobytes: Int

    static func now() throws -> Footprint {
        let memory = String(
            decoding: try FileDescriptor.contents(of: "/proc/meminfo", atMost: 16_384), as: UTF8.self)
        func kilobytes(_ name: String) -> Int {
            let line = memory.split(separator: "\n").first { $0.hasPrefix(name + ":") }
            return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        }
        let loops = names(in: "/sys/block").filter {
            $0.hasPrefix("loop") && access("/sys/block/\($0)/loop/backing_file", F_OK) == 0
        }
        return Footprint(
            devices: try DeviceMapper.names(), loops: loops.count, descriptors: names(in: "/proc/self/fd").count,
            sharedKilobytes: kilobytes("Shmem"), kernelKilobytes: kilobytes("SUnreclaim"))
    }

    private static func names(in folder: String) -> [String] {
        guard let listing = opendir(folder) else { return [] }
        defer { closedir(listing) }
        var names: [String] = []
        while let entry = readdir(listing) {
            withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { names.append(String(cString: $0)) }
            }
        }
        return names
    }
}
