import DiskMirror
import Glibc
import ReplicaModel

/// A process that dies with a layer in place.
enum Abandonment: String, CaseIterable {
    /// What the exercise starts of itself.
    static let word = "abandon"

    case armed, afterBarrier, suspended

    /// Puts a layer in and kills this process.
    static func abandon(_ arguments: [String]) throws {
        guard let how = arguments.first.flatMap({ Abandonment(rawValue: $0) }) else { return }
        var layer = try EpochLayer.arm(resource: Exercise.resource, chunkSectors: 8, storeBytes: 16 << 20)
        if how != .armed { try layer.barrier(Epoch(rawValue: 1)) }
        if how == .suspended { try DeviceMapper.suspend("replicactl-\(Exercise.resource)") }
        kill(getpid(), SIGKILL)
    }
}
