/// What DRBD answered to an order: its code, and the words that the kernel added.
public struct MirrorAnswer: Equatable, Sendable, CustomStringConvertible {
    /// DRBD's code: above 100 one of `drbd_ret_code`, below that one of `drbd_state_rv`.
    public let code: Int32
    /// The kernel's own words; empty when it added none.
    public let text: String

    /// Takes an answer over.
    public init(code: Int32, text: String) {
        self.code = code
        self.text = text
    }

    /// Whether the order was carried out, or nothing was left to do.
    public var isYes: Bool { code == 101 || (1...4).contains(code) }

    /// Whether the object is not there (any more).
    public var isUnknownObject: Bool { code == 127 || code == 158 }

    /// What it means, the kernel's words and the number, and what to do where that is known.
    public var description: String {
        let meaning = Self.meanings[code].map { "\($0) (code \(code))" } ?? "code \(code)"
        return text.isEmpty ? meaning : "\(meaning): \(text)"
    }

    private static let meanings: [Int32: String] = [
        118: "no reading or writing of its metadata; check the metadata device",
        122: "no memory; try again",
        126: "a setting that it does not take",
        127: "no such device; bring the resource up",
        129: "interrupted; try again",
        138: "no local disk; attach it (drbdadm attach)",
        139: "only with protocol C; change the resource's protocol",
        152: "not permitted; run as root",
        158: "no such resource; bring it up",
        159: "the resource is in use",
        162: "the request does not fit the resource",
        165: "the metadata were not closed; attach with drbdadm, which mends them",
        0: "unknown error",
        -1: "the peer is primary; make it secondary first",
        -2: "no up-to-date copy here; connect the peer, or let a resync end",
        -4: "no local disk for a resync",
        -5: "no disk of the peer for a resync",
        -6: "not to be outdated while connected",
        -7: "the peer is not fenced, so this host may not become primary; check the fencing policy",
        -8: "a resync runs; wait for its end",
        -9: "not connected anyway",
        -10: "the peer refused",
        -11: "no local disk; attach it (drbdadm attach)",
        -12: "the device is open; close it, or end the guest that uses it",
        -13: "no connection is configured; run drbdadm adjust",
        -15: "not connected; connect first (drbdadm connect)",
        -16: "the disk is worse than outdated",
        -17: "the peer's version does not support it",
        -18: "in the middle of another change; try again",
        -19: "both hosts ordered a change at once; try again",
        -20: "the peer is primary for another volume of the resource",
        -21: "not connected, so the peer cannot be outdated",
    ]
}
