/// The command line of one program: positional words, `--name value` pairs and `--name` flags.
package struct CommandLineOptions {
    /// What is wrong with a command line; the text is for the person who wrote it.
    package struct UsageError: Error, CustomStringConvertible {
        package let description: String

        /// Makes an error with a whole sentence.
        package init(_ description: String) {
            self.description = description
        }
    }

    /// The words that belong to no option, in order.
    package private(set) var words: [String] = []
    private var values: [String: String] = [:]
    private var flags: Set<String> = []

    /// Sorts `arguments` (without the program's name) by the options that the program knows.
    ///
    /// - Parameters:
    ///   - arguments: The words of the command line.
    ///   - valued: Names, with their dashes, that a value follows.
    ///   - known: Names, with their dashes, that stand alone.
    /// - Throws: ``UsageError`` for an unknown option or a missing value.
    package init(_ arguments: some Sequence<String>, valued: Set<String>, flags known: Set<String> = [])
        throws(UsageError)
    {
        var iterator = arguments.makeIterator()
        while let argument = iterator.next() {
            if known.contains(argument) {
                flags.insert(argument)
            } else if valued.contains(argument) {
                guard let value = iterator.next() else { throw UsageError("\(argument) needs a value") }
                values[argument] = value
            } else if argument.hasPrefix("--") {
                throw UsageError("unknown option \(argument)")
            } else {
                words.append(argument)
            }
        }
    }

    /// True when the flag was given.
    package func has(_ flag: String) -> Bool { flags.contains(flag) }

    /// The value of an option, or nil when it was not given.
    package func text(_ name: String) -> String? { values[name] }

    /// The value of an option that must be given.
    ///
    /// - Parameters:
    ///   - name: The option's name, for the message.
    ///   - value: What was given for it, if anything.
    /// - Returns: The value.
    /// - Throws: ``UsageError`` when there is none.
    package func required<Value>(_ name: String, _ value: Value?) throws(UsageError) -> Value {
        guard let value else { throw UsageError("\(name) is missing") }
        return value
    }

    /// The value of an option as a whole number in `range`, or nil when it was not given.
    package func number<Number: FixedWidthInteger>(
        _ name: String, in range: ClosedRange<Number>
    ) throws(UsageError) -> Number? {
        guard let text = values[name] else { return nil }
        guard let number = Number(text), range.contains(number) else {
            throw UsageError("\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound): \(text)")
        }
        return number
    }

    /// The value, in nanoseconds, of an option that gives a whole number of seconds, or nil when it was not given.
    package func duration(_ name: String) throws(UsageError) -> UInt64? {
        try number(name, in: 1...86_400 as ClosedRange<UInt64>).map { $0 * 1_000_000_000 }
    }

    /// The one positional word of programs that want exactly one.
    package func onlyWord(_ name: String) throws(UsageError) -> String {
        guard words.count == 1, let word = words.first else {
            throw UsageError("exactly one \(name) is wanted, and \(words.count) were given")
        }
        return word
    }
}
