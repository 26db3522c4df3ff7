internal import CLinux
internal import CSodium
internal import SystemKit

/// The secret that the two hosts of a pair share; its description never shows it.
public struct HeartbeatKey: Sendable, CustomStringConvertible {
    /// The bytes of a key.
    public static let byteCount = 32

    private let bytes: [32 of UInt8]

    /// Says only what it is.
    public var description: String { "a heartbeat key" }

    /// Makes a key of the kernel's random numbers.
    ///
    /// - Throws: ``HeartbeatError/system(_:)`` when the kernel gives none.
    public static func random() throws(HeartbeatError) -> HeartbeatKey {
        var bytes = [32 of UInt8](repeating: 0)
        do {
            try checked(rc_random(&bytes, byteCount), "getrandom")
        } catch {
            throw .system(error)
        }
        return HeartbeatKey(bytes)
    }

    private init(_ bytes: [32 of UInt8]) { self.bytes = bytes }

    /// Reads a key's text: exactly 64 hexadecimal digits, with or without one line feed behind them.
    init?(text: some Sequence<UInt8>) {
        var bytes = [32 of UInt8](repeating: 0)
        var count = 0
        var isEnded = false
        for character in text {
            guard !isEnded else { return nil }
            if character == UInt8(ascii: "\n") {
                isEnded = true
                continue
            }
            guard count < 2 * Self.byteCount, let digit = Self.value(ofDigit: character) else { return nil }
            bytes[count / 2] = bytes[count / 2] << 4 | digit
            count += 1
        }
        guard count == 2 * Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// The key as its file holds it.
    var text: String {
        var text = ""
        for index in bytes.indices {
            let digits = String(bytes[index], radix: 16)
            text += digits.count == 1 ? "0" + digits : digits
        }
        return text + "\n"
    }

    /// Begins an authentication code under this key.
    func beginCode() -> crypto_auth_hmacsha256_state {
        _ = Self.library
        var state = crypto_auth_hmacsha256_state()
        bytes.span.bytes.withUnsafeBytes { raw in
            guard let base = raw.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            crypto_auth_hmacsha256_init(&state, base, raw.count)
        }
        return state
    }

    /// libsodium wants to be told once before it is used; it may fail only in parts that are not used here.
    private static let library = sodium_init()

    private static func value(ofDigit character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
