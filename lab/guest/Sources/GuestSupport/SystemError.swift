internal import Glibc

/// A failed system call: what was called, on what, and why it failed.
package struct SystemError: Error, Equatable, CustomStringConvertible {
    /// The `errno` of the call.
    package let code: Int32
    /// The call by its man page name.
    package let call: String
    /// What the call was made on, for example a path or an address; may be empty.
    package let subject: String

    /// Makes an error from the current `errno`, unless `code` is given.
    package init(call: String, subject: String = "", code: Int32? = nil) {
        self.code = code ?? errno
        self.call = call
        self.subject = subject
    }

    package var description: String {
        let reason = String(cString: strerror(code))
        return subject.isEmpty ? "\(call) failed: \(reason)" : "\(call) of \(subject) failed: \(reason)"
    }
}
