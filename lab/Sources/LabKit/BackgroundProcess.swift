import Foundation
import Synchronization

/// A program that runs until it is stopped, for instance a client that measures.
///
/// The lab's `down` ends it too.
public final class BackgroundProcess: Sendable {
    /// The process id.
    public let identifier: Int32
    /// The file that takes its standard output and error.
    public let log: String
    private let status = Mutex<Int32?>(nil)

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - arguments: The program, looked up in `PATH`, and its arguments.
    ///   - log: The file that takes its standard output and error, appended.
    /// - Throws: ``LabError`` with cause `missingRequirement`.
    public init(_ arguments: [String], log: String) throws(LabError) {
        let file = try TemporaryFile(appendingTo: log)
        self.log = log
        identifier = try Command.spawn(
            arguments, input: .path("/dev/null"), output: file.descriptor, errors: file.descriptor)
    }

    /// Whether the program has not ended.
    public var isRunning: Bool {
        ProcessTable.isAlive(identifier)
    }

    /// Reads what the program has written up to now.
    ///
    /// - Returns: The whole log.
    /// - Throws: ``LabError``.
    public func output() throws(LabError) -> String {
        try Files.read(log)
    }

    /// Stops the program with an interrupt, as Ctrl-C does, and waits for its end.
    ///
    /// May be called again.
    ///
    /// - Returns: Its exit status, or 128 plus the signal that ended it.
    @discardableResult
    public func stop() -> Int32 { stop(with: SIGINT) }

    /// Stops the program with a signal of its own, and waits for its end.
    ///
    /// - Parameter signal: What makes it end.
    /// - Returns: As ``stop()``.
    @discardableResult
    func stop(with signal: Int32) -> Int32 {
        status.withLock { known in
            if let known { return known }
            kill(identifier, signal)
            let status = Command.wait(for: identifier)
            known = status
            return status
        }
    }
}

extension Lab {
    /// Starts a program as the client, to run beside whatever follows.
    ///
    /// - Parameters:
    ///   - command: The program and its arguments.
    ///   - name: Names its log in the run folder.
    /// - Returns: The running program; stop it.
    /// - Throws: ``LabError`` with cause `missingRequirement`.
    public func startClient(_ command: [String], name: String) throws(LabError) -> BackgroundProcess {
        let log = "\(layout.run)/client-\(name).log"
        try Files.remove(log)
        return try BackgroundProcess(Self.inNamespace(command), log: log)
    }
}
