/// A configuration file that cannot be used, with everything that is wrong with it.
public struct ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// One thing that is wrong.
    public struct Problem: Equatable, Sendable, CustomStringConvertible {
        /// The file's path.
        public let file: String
        /// The line, from 1; 0 when the problem has no place in the file.
        public let line: Int
        /// The column, from 1; 0 when the problem has no place in the file.
        public let column: Int
        /// What is wrong and what is allowed, in one sentence.
        public let message: String

        /// `file:line:column: message`, as compilers print it.
        public var description: String { line > 0 ? "\(file):\(line):\(column): \(message)" : "\(file): \(message)" }
    }

    /// Every problem, in the order of the file; those without a place come last.
    public let problems: [Problem]

    /// All problems, one a line.
    public var description: String { problems.map(\.description).joined(separator: "\n") }
}
