/// The devices of a configuration that libxl shall not connect, by their places in the configuration's lists.
struct LeftDevices: Equatable, Sendable {
    /// The places of interfaces.
    let interfaces: [Int32]
    /// The places of disks.
    let disks: [Int32]

    /// Makes a list of places, each 0 or more.
    init(interfaces: [Int32] = [], disks: [Int32] = []) {
        self.interfaces = interfaces
        self.disks = disks
    }

    /// Names the devices that are connected without libxl.
    init(_ devices: DirectDevices) {
        self.init(
            interfaces: devices.interfaces.map { Int32(clamping: $0.place) },
            disks: devices.disks.map { Int32(clamping: $0.place) })
    }

    /// Whether libxl connects all devices.
    var isEmpty: Bool { interfaces.isEmpty && disks.isEmpty }

    /// One word: places with commas between them, a slash between interfaces and disks.
    var text: String { "\(Self.text(interfaces))/\(Self.text(disks))" }

    /// Reads the word; `nil` for any other.
    init?(text: Substring) {
        let halves = text.split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2, let interfaces = Self.places(halves[0]), let disks = Self.places(halves[1]) else {
            return nil
        }
        self.init(interfaces: interfaces, disks: disks)
    }

    private static func text(_ places: [Int32]) -> String { places.map(String.init).joined(separator: ",") }

    private static func places(_ text: Substring) -> [Int32]? {
        var places: [Int32] = []
        for word in text.split(separator: ",") {
            guard let place = Int32(word), place >= 0 else { return nil }
            places.append(place)
        }
        return places
    }
}
