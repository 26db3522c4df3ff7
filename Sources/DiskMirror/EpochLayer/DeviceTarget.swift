/// What a device-mapper device is over its whole length; we make no device of several parts.
public enum DeviceTarget: Equatable, Sendable {
    /// The same as another device.
    case linear(BlockDeviceNumber)
    /// The same as another device, and each write asks the snapshots of that device first.
    case snapshotOrigin(BlockDeviceNumber)
    /// Another device as it was when the snapshot was resumed, its old content kept in `store`.
    case snapshot(of: BlockDeviceNumber, store: BlockDeviceNumber, chunkSectors: UInt32)

    /// The kernel's name for it.
    var kind: String {
        switch self {
        case .linear: "linear"
        case .snapshotOrigin: "snapshot-origin"
        case .snapshot: "snapshot"
        }
    }

    /// What the kernel wants to know for it.
    var parameters: String {
        switch self {
        case .linear(let device): "\(device) 0"
        case .snapshotOrigin(let device): "\(device)"
        // "P" without overflow: when the store is full the kernel marks it invalid before the write goes on.
        case .snapshot(let origin, let store, let chunkSectors): "\(origin) \(store) P \(chunkSectors)"
        }
    }

    /// Reads a line of a table; one of another form than we write gives `nil`.
    init?(kind: String, parameters: String) {
        let words = parameters.split(separator: " ")
        let numbers = words.map { BlockDeviceNumber(text: $0) }
        switch (kind, words.count) {
        case ("linear", 2):
            guard let device = numbers[0], words[1] == "0" else { return nil }
            self = .linear(device)
        case ("snapshot-origin", 1):
            guard let device = numbers[0] else { return nil }
            self = .snapshotOrigin(device)
        case ("snapshot", 4):
            guard let origin = numbers[0], let store = numbers[1], words[2] == "P", let chunk = UInt32(words[3]) else {
                return nil
            }
            self = .snapshot(of: origin, store: store, chunkSectors: chunk)
        default: return nil
        }
    }
}
