internal import ReplicaControl
internal import ReplicaModel
internal import SystemKit

/// What the recorder is to do, as its command line says.
struct RecorderOptions: Equatable, Sendable {
    /// The address to listen on.
    var address: String
    /// The port; 0 lets the system choose.
    var port: UInt16
    /// The name that the primary expects of its peer.
    var name: String
    /// How many checkpoints to take.
    var checkpoints: UInt64
    /// Where the records go.
    var output: String
    /// The protocol version of the answer to a greeting, where it is to be another one.
    var version: UInt16?

    /// The port of a controller.
    static let defaultPort: UInt16 = 7788

    static let names = ["listen", "port", "name", "checkpoints", "output", "speak-version"]

    /// Reads a command line's options.
    ///
    /// - Parameter values: The values by name.
    /// - Throws: `CommandError` with reason `usage`, for the first option that is missing or does not fit.
    init(_ values: [String: String]) throws(CommandError) {
        func text(_ name: String) throws(CommandError) -> String {
            guard let value = values[name], !value.isEmpty else {
                throw CommandError(.usage, "the option \"--\(name)\" is missing")
            }
            return value
        }
        func number<Number: FixedWidthInteger>(_ name: String, _ text: String, from least: Number) throws(CommandError)
            -> Number
        {
            guard let value = Number(text), value >= least else {
                throw CommandError(
                    .usage, "\"--\(name) \(text)\" is not a whole number of \(least) to \(Number.max)")
            }
            return value
        }
        address = try text("listen")
        port =
            try values["port"].map { value throws(CommandError) in try number("port", value, from: 0) }
            ?? Self.defaultPort
        name = try text("name")
        version = try values["speak-version"].map { value throws(CommandError) in
            try number("speak-version", value, from: 1)
        }
        // A greeting that is answered with another version records nothing.
        checkpoints = version == nil ? try number("checkpoints", try text("checkpoints"), from: 1) : 0
        output = version == nil ? try text("output") : ""
    }
}
