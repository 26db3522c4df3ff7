internal import CLinux
internal import Glibc
internal import Synchronization

/// Splits a command line into options and other arguments, the way of glibc's `getopt_long`.
public struct OptionScan: Equatable, Sendable {
    /// An option that a command knows.
    public struct Option: Equatable, Sendable {
        /// Its name without the dashes.
        public let name: String
        /// Whether a value follows it.
        public let takesValue: Bool

        /// Makes an option.
        public init(_ name: String, takesValue: Bool) {
            self.name = name
            self.takesValue = takesValue
        }
    }

    /// A command line that does not fit.
    public enum Failure: Error, Equatable, Sendable {
        /// No option of this name, or a value given to one that takes none.
        case unknown(String)
        /// The option needs a value.
        case missingValue(String)
    }

    /// The values by option name: the last one given, and an empty one for an option that takes none.
    public private(set) var values: [String: String] = [:]
    /// Everything that is no option.
    public private(set) var arguments: [String] = []

    /// glibc keeps the state of a scan in globals.
    private static let oneAtATime = Mutex(())

    /// Scans.
    ///
    /// - Parameters:
    ///   - arguments: The command line without the program's name.
    ///   - options: The options that are known, at most 16.
    ///   - inOrder: Whether the first argument that is no option ends the scan.
    /// - Throws: ``Failure`` for the first option that does not fit.
    public init(_ arguments: [String], options: [Option], inOrder: Bool = false) throws(Failure) {
        // glibc moves and keeps these pointers, so they are our own until the scan is over.
        var texts: [UnsafeMutablePointer<CChar>?] = ([""] + arguments).map { strdup($0) } + [nil]
        let names = options.map { strdup($0.name) }
        let copies = texts
        defer { for text in copies + names { free(text) } }
        let table = zip(names, options).map { rc_option(name: $0, takes_value: $1.takesValue ? 1 : 0) }
        let count = Int32(arguments.count + 1)
        var failure: Failure?
        Self.oneAtATime.withLock { _ in
            rc_options_begin()
            while true {
                let match = rc_options_next(count, &texts, table, table.count, inOrder ? 1 : 0)
                let last = texts.indices.contains(Int(match.next) - 1) ? texts[Int(match.next) - 1] : nil
                let text = last.map { String(cString: $0) } ?? ""
                switch match.option {
                case -1:
                    self.arguments = texts[Int(match.next)...].compactMap { $0.map { String(cString: $0) } }
                    return
                case -2: failure = .unknown(text)
                case -3: failure = .missingValue(text)
                default: values[options[Int(match.option)].name] = match.value.map { String(cString: $0) } ?? ""
                }
                if failure != nil { return }
            }
        }
        if let failure { throw failure }
    }
}
