internal import FoundationEssentials

/// The answers of etcd's HTTP gateway as they are sent.
///
/// A field that has its default value is left out, and a 64-bit number is a text. What they mean is decided by
/// ``GatewayAnswer``.
enum GatewayMessages {
    /// A number that may be sent as a text.
    struct Number: Decodable {
        let value: Int64

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                guard let value = Int64(text) else {
                    throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a number")
                }
                self.value = value
            } else {
                value = try container.decode(Int64.self)
            }
        }
    }

    /// Who answers, and how much it knows.
    struct Header: Decodable {
        let cluster_id: String?
        let revision: Number?
    }

    struct Pair: Decodable {
        let key: String?
        let value: String?
        let mod_revision: Number?
    }

    struct Range: Decodable {
        let header: Header?
        let kvs: [Pair]?
        let count: Number?
    }

    struct Put: Decodable { let header: Header? }

    struct Step: Decodable {
        let response_put: Put?
        let response_range: Range?
    }

    struct Transaction: Decodable {
        let header: Header?
        let succeeded: Bool?
        let responses: [Step]?
    }

    struct Lease: Decodable {
        let header: Header?
        let ID: Number?
        let TTL: Number?
    }

    /// An answer that comes as a stream of one.
    struct Stream: Decodable { let result: Lease? }

    struct Failure: Decodable {
        let message: String?
        let error: String?
    }
}
