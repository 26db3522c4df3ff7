internal import CXenLight
internal import Glibc
internal import SystemKit

/// The helper process's side: the only place where libxl runs.
public enum ToolstackHelperProcess {
    /// The first argument that makes this program a helper.
    public static let command = "toolstack-helper"
    /// Where the control connection of a restore or a start is.
    static let controlDescriptor: Int32 = 3
    /// Where the restore's stream is read from.
    static let streamDescriptor: Int32 = 4

    /// Does one errand.
    ///
    /// - Parameter arguments: What follows ``command``: `describe <domid>`, `destroy <domid>`, `restore`, `create`,
    ///   `set-aside <domid> <name>` or `dump <domid> <path>`.
    /// - Returns: The exit status: 0, 1 when libxl refused, 64 for arguments that are none of these.
    public static func main(arguments: [String]) -> Int32 {
        let domain = arguments.count >= 2 ? UInt32(arguments[1]) : nil
        switch (arguments.first, arguments.count, domain) {
        case ("describe", 2, let domain?): return withLibXL { describe($0, domain) }
        case ("destroy", 2, let domain?):
            return withLibXL { checked(rxl_destroy($0, domain), "destroy domain \(domain)") }
        case ("restore", 1, _): return withLibXL(RestoreErrand.run)
        case ("create", 1, _): return withLibXL(CreateErrand.run)
        case ("set-aside", 3, let domain?): return withLibXL { setAside($0, domain, name: arguments[2]) }
        case ("dump", 3, let domain?):
            return withLibXL { checked(rxl_dump($0, domain, arguments[2]), "write the memory of domain \(domain)") }
        default:
            say(
                "usage: \(command) describe DOMID | destroy DOMID | restore | create | set-aside DOMID NAME"
                    + " | dump DOMID PATH")
            return 64
        }
    }

    /// Runs a body with libxl open.
    static func withLibXL(_ body: (OpaquePointer) -> Int32) -> Int32 {
        guard let session = rxl_open() else {
            say("libxl could not be opened")
            return 1
        }
        defer { rxl_close(session) }
        return body(session)
    }

    /// Turns libxl's result into an exit status, with a message.
    static func checked(_ result: Int32, _ action: String) -> Int32 {
        guard result != 0 else { return 0 }
        say("libxl could not \(action): error \(result)")
        return 1
    }

    /// Writes a line for the controller's log.
    static func say(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        // There is nowhere to tell that this failed.
        _ = write(2, bytes, bytes.count)
    }

    /// Answers the controller; if it is gone this goes nowhere, and the next read is the end of the connection.
    static func tell(_ control: borrowing LineReader, _ message: HelperMessage) {
        try? control.write(message.line + "\n")
    }

    /// Tells the controller why the errand failed, and gives the exit status for it.
    static func refuse(_ control: borrowing LineReader, _ reason: String) -> Int32 {
        tell(control, .failed(reason))
        return 1
    }

    /// Renames a domain that has shut down as `xl` does for "rename-restart", and prints its new name.
    private static func setAside(_ session: OpaquePointer, _ domain: UInt32, name: String) -> Int32 {
        var now = time(nil)
        var parts = tm()
        var text = [CChar](repeating: 0, count: 32)
        gmtime_r(&now, &parts)
        strftime(&text, text.count, "-%Y%m%dT%H%MZ", &parts)
        let suffix = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let status = checked(
            rxl_set_aside(session, domain, name, suffix), "rename domain \(domain) to \(name)\(suffix)")
        guard status == 0 else { return status }
        return puts(name + suffix) >= 0 && fflush(nil) == 0 ? 0 : 1
    }

    private static func describe(_ session: OpaquePointer, _ domain: UInt32) -> Int32 {
        var text: UnsafeMutablePointer<CChar>?
        let status = checked(rxl_describe(session, domain, &text), "describe domain \(domain)")
        guard status == 0, let text else { return 1 }
        defer { rxl_free_text(text) }
        return puts(text) >= 0 && fflush(nil) == 0 ? 0 : 1
    }
}
