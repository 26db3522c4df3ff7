import Glibc
import SystemKit

/// A line on the standard error output.
func say(_ text: String) {
    var line = text + "\n"
    line.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
}

/// A process that lives no longer than its value; it can see the end of this process at its standard input.
final class Process {
    let identifier: Int32
    private var child: ChildProcess?
    private let input: FileDescriptor.Pipe

    /// Starts a program.
    ///
    /// - Parameter arguments: The program's file and its arguments.
    /// - Throws: ``SoakError/failed(_:_:)``.
    init(_ arguments: [String]) throws(SoakError) {
        do {
            let pipe = try FileDescriptor.pipe()
            let child = try ChildProcess.start(
                path: arguments[0], arguments: Array(arguments.dropFirst()),
                descriptors: [
                    DescriptorPlan(source: pipe.reader.number, target: STDIN_FILENO),
                    DescriptorPlan(source: STDERR_FILENO, target: STDOUT_FILENO),
                    DescriptorPlan(source: STDERR_FILENO, target: STDERR_FILENO),
                ])
            identifier = child.number
            self.child = consume child
            input = pipe
        } catch {
            throw .failed("start \(arguments.joined(separator: " "))", error.description)
        }
    }

    /// Kills it, as a crash would.
    func kill() { child = nil }

    /// Runs a program to its end.
    ///
    /// - Parameter arguments: The program's file and its arguments.
    /// - Returns: What it wrote.
    /// - Throws: ``SoakError/failed(_:_:)`` when it fails or takes too long.
    @discardableResult
    static func run(_ arguments: [String]) throws(SoakError) -> String {
        let attempt = arguments.joined(separator: " ")
        let run: ProcessRun
        do {
            run = try ProcessRun.run(
                path: arguments[0], arguments: Array(arguments.dropFirst()), timeout: 30_000_000_000,
                grace: 1_000_000_000)
        } catch {
            throw .failed(attempt, error.description)
        }
        let output = String(decoding: run.output, as: UTF8.self)
        guard run.ending == .exited(status: 0) else { throw .failed(attempt, "\(run.ending) \(output)") }
        return output
    }
}
