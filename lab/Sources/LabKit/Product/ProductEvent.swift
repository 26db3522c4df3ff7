import Foundation

/// One line of `replicactl events --json`, as far as scenarios look at it; `docs/events.md` describes it.
struct ProductEvent: Decodable, Sendable {
    let time: String
    let role: String
    let kind: String
    let reason: String
    let domain: String?
    let generation: UInt64?
    let before: String?
    let after: String?
    let detail: String?
    let takeover: ProductStatus.Takeover?

    /// When it was, in nanoseconds since 1970 of the host's clock.
    var moment: UInt64 { ProductStatus.nanoseconds(time) ?? 0 }

    /// The event as a person reads it.
    var text: String {
        let change = after.map { " \(before ?? "none") -> \($0)" } ?? ""
        return "\(role) \(kind) \(reason)\(change)" + (detail.map { " (\($0))" } ?? "")
    }
}

extension Product {
    /// Reads the newest events of a host, the oldest first.
    func events(_ host: HostName) throws(LabError) -> [ProductEvent] {
        // So many are far more than one fault makes.
        let text = try lab.shell(host, "\(Self.program) events --json --last 400", timeout: .seconds(60))
        let decoder = JSONDecoder()
        return text.split(separator: "\n").compactMap { line in
            try? decoder.decode(ProductEvent.self, from: Data(line.utf8))
        }
    }
}
