internal import FoundationEssentials

/// The questions to etcd's HTTP gateway, as the gateway wants them: 64-bit numbers as text, keys and values in base64.
enum GatewayRequest {
    /// One question: where it goes and what it says.
    struct Message {
        let path: String
        let body: [UInt8]
    }

    /// What a swap compares with: this very value, not written since this revision.
    struct Basis {
        let value: String
        let revision: Int64
    }

    /// A linearizable look at one key: the members agree on it before one answers.
    static func range(key: String) -> Message {
        Message(path: "/v3/kv/range", body: json("{\"key\":\"\(base64(key))\",\"serializable\":false}"))
    }

    /// One transaction: put the value if the basis still stands (`nil`: if there is no such key), otherwise look what
    /// stands.
    static func swap(key: String, over basis: Basis?, value: String) -> Message {
        let key = base64(key)
        var comparisons = "{\"result\":\"EQUAL\",\"target\":\"CREATE\",\"key\":\"\(key)\",\"create_revision\":\"0\"}"
        if let basis {
            comparisons =
                "{\"result\":\"EQUAL\",\"target\":\"VALUE\",\"key\":\"\(key)\",\"value\":\"\(base64(basis.value))\"},"
                + "{\"result\":\"EQUAL\",\"target\":\"MOD\",\"key\":\"\(key)\","
                + "\"mod_revision\":\"\(basis.revision)\"}"
        }
        let put = "{\"request_put\":{\"key\":\"\(key)\",\"value\":\"\(base64(value))\"}}"
        let look = "{\"request_range\":{\"key\":\"\(key)\",\"serializable\":false}}"
        return Message(
            path: "/v3/kv/txn",
            body: json("{\"compare\":[\(comparisons)],\"success\":[\(put)],\"failure\":[\(look)]}"))
    }

    /// Asks for a new lease; etcd chooses its number.
    static func grantLease(seconds: Int) -> Message {
        Message(path: "/v3/lease/grant", body: json("{\"TTL\":\"\(seconds)\"}"))
    }

    /// Lets a lease begin anew.
    static func keepLease(_ lease: Int64) -> Message {
        Message(path: "/v3/lease/keepalive", body: json("{\"ID\":\"\(lease)\"}"))
    }

    /// Puts a value that goes with a lease.
    static func put(key: String, value: String, lease: Int64) -> Message {
        let fields = "\"key\":\"\(base64(key))\",\"value\":\"\(base64(value))\",\"lease\":\"\(lease)\""
        return Message(path: "/v3/kv/put", body: json("{\(fields)}"))
    }

    /// Nothing in these texts needs quoting: numbers and base64 only.
    private static func json(_ text: String) -> [UInt8] { Array(text.utf8) }

    private static func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }
}
