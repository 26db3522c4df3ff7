internal import CXenLight
internal import Glibc
internal import SystemKit

/// The helper process's side: the only place where libxl runs.
public enum ToolstackHelperProcess {
    /// The first argument that makes this program a helper.
    public static let command = "toolstack-helper"
    /// Where the restore's control connection is.
    static let controlDescriptor: Int32 = 3
    /// Where the restore's stream is read from.
    static let streamDescriptor: Int32 = 4

    /// Does one errand.
    ///
    /// - Parameter arguments: What follows ``command``: `describe <domid>`, `destroy <domid>` or `restore`.
    /// - Returns: The exit status: 0, 1 when libxl refused, 64 for arguments that are none of these.
    public static func main(arguments: [String]) -> Int32 {
        let domain = arguments.count == 2 ? UInt32(arguments[1]) : nil
        switch (arguments.first, domain) {
        case ("describe", let domain?): return withLibXL { describe($0, domain) }
        case ("destroy", let domain?): return withLibXL { checked(rxl_destroy($0, domain), "destroy domain \(domain)") }
        case ("restore", nil) where arguments.count == 1: return withLibXL(RestoreErrand.run)
        default:
            say("usage: \(command) describe DOMID | destroy DOMID | restore")
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

    private static func describe(_ session: OpaquePointer, _ domain: UInt32) -> Int32 {
        var text: UnsafeMutablePointer<CChar>?
        let status = checked(rxl_describe(session, domain, &text), "describe domain \(domain)")
        guard status == 0, let text else { return 1 }
        defer { rxl_free_text(text) }
        return puts(text) >= 0 && fflush(nil) == 0 ? 0 : 1
    }
}
