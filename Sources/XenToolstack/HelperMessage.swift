/// The lines between the controller and its toolstack helper, one message a line; a line of text ends them.
enum HelperMessage: Equatable {
    /// To the helper: restore a domain under this name, and leave the host ends of the devices at these places of the
    /// configuration's lists to the controller; the configuration's bytes follow the line.
    case restore(configurationBytes: Int, leaving: LeftDevices, name: String)
    /// To the helper: make a domain and let it run; the configuration's bytes follow the line.
    case create(configurationBytes: Int)
    /// To the helper: let the restored domain run, and give it this name.
    case activate(name: String)
    /// To the helper: destroy the restored domain.
    case abort
    /// From the helper: the stream has ended, the domain is complete and paused.
    case restored(DomainID)
    /// From the helper: the domain runs.
    case running(DomainID)
    /// From the helper: it gave up, for this reason.
    case failed(String)

    /// The line, without its end.
    var line: String {
        switch self {
        case .restore(let count, let left, let name): "restore \(count) \(left.text) \(name)"
        case .create(let count): "create \(count)"
        case .activate(let name): "activate \(name)"
        case .abort: "abort"
        case .restored(let domain): "restored \(domain)"
        case .running(let domain): "running \(domain)"
        case .failed(let text): "failed \(text)"
        }
    }

    /// Reads a line; `nil` for one that is none of the messages.
    init?(line: String) {
        let halves = line.split(separator: " ", maxSplits: 1)
        let rest = halves.count == 2 ? String(halves[1]) : ""
        switch halves.first {
        case "restore":
            let words = rest.split(separator: " ", maxSplits: 2)
            guard words.count == 3, let count = Int(words[0]), count > 0, let left = LeftDevices(text: words[1]) else {
                return nil
            }
            self = .restore(configurationBytes: count, leaving: left, name: String(words[2]))
        case "create":
            guard let count = Int(rest), count > 0 else { return nil }
            self = .create(configurationBytes: count)
        case "activate":
            guard !rest.isEmpty else { return nil }
            self = .activate(name: rest)
        case "abort": self = .abort
        case "restored":
            guard let number = UInt32(rest) else { return nil }
            self = .restored(DomainID(rawValue: number))
        case "running":
            guard let number = UInt32(rest) else { return nil }
            self = .running(DomainID(rawValue: number))
        case "failed": self = .failed(rest)
        default: return nil
        }
    }
}
