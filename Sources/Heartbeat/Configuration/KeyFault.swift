public import SystemKit

/// What is wrong with a key's file.
public enum KeyFault: Equatable, Sendable {
    /// There is no such file.
    case missing
    /// There is such a file already, which is not overwritten.
    case exists
    /// It belongs to this user, who is not root.
    case owner(UInt32)
    /// Its mode, with which others may use it.
    case mode(UInt32)
    /// It is not 64 hexadecimal digits.
    case content
    /// It cannot be opened, read or written.
    case system(SystemError)

    /// What happened and what to do, for a file.
    ///
    /// - Parameter path: The file.
    /// - Returns: The end of a sentence that began with the file.
    func text(for path: String) -> String {
        switch self {
        case .missing:
            "there is no such file; make a key with `replicactl keygen` on one host and copy it to the other"
        case .exists: "the file exists and is not overwritten; move it away on both hosts to change the key"
        case .owner(let user): "the file belongs to user \(user); `chown root \(path)`"
        case .mode(let mode):
            "others than its owner may use the file, its mode is \(String(mode, radix: 8)); `chmod 600 \(path)`, and"
                + " make a new key if others may have read it"
        case .content: "it is not 64 hexadecimal digits; copy it again, or make a new one with `replicactl keygen`"
        case .system(let error): "\(error); is its directory there, and may you use it?"
        }
    }
}
