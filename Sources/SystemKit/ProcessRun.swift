internal import CLinux
internal import Glibc

/// Runs a program to its end, with a bound on its time and on what is kept of its output.
public struct ProcessRun: Equatable, Sendable {
    /// How a run ended.
    public enum Ending: Equatable, Sendable {
        /// The program ended by itself, with this status.
        case exited(status: Int32)
        /// A signal ended the program.
        case signalled(Int32)
        /// The time was over: it was told to end, and then ended with all processes of its group.
        case timedOut
    }

    /// The bytes of input at most, so that they fit into a pipe.
    public static let inputLimit = 32 * 1024
    /// The bytes of the output that are kept: the last ones, where the cause of a failure is told.
    public static let outputLimit = 4 * 1024

    /// How the run ended.
    public let ending: Ending
    /// The last 4 KiB of what it wrote to standard output and standard error.
    public let output: [UInt8]

    /// Runs a program; blocks until it has ended.
    ///
    /// Processes that it leaves behind in its group are ended; one that made a group of its own is not.
    ///
    /// - Parameters:
    ///   - path: The program's file; it is not searched for, and no shell is involved.
    ///   - arguments: What follows the program's name.
    ///   - input: What it reads from standard input, at most 32 KiB.
    ///   - environment: All that it gets, each `NAME=value`.
    ///   - timeout: Nanoseconds until it is told to end (`SIGTERM`).
    ///   - grace: Nanoseconds from then on until it is ended (`SIGKILL`).
    /// - Returns: What came of it.
    /// - Throws: ``SystemError`` when it could not be started; `E2BIG` for too much input.
    public static func run(
        path: String, arguments: [String] = [], input: String = "", environment: [String] = [ProcessStart.searchPath],
        timeout: UInt64, grace: UInt64
    ) throws(SystemError) -> ProcessRun {
        let input = try reader(of: input)
        let pipe = try FileDescriptor.pipe()
        var output = OutputTail(descriptor: pipe.reader.number)
        try pipe.reader.setNonBlocking()
        let child = try ChildProcess.start(
            path: path, arguments: arguments, environment: environment,
            descriptors: [
                DescriptorPlan(source: input.number, target: 0),
                DescriptorPlan(source: pipe.writer.number, target: 1),
                DescriptorPlan(source: pipe.writer.number, target: 2),
            ])
        let deadline = Clock.monotonic + timeout
        var isInTime = output.collect(until: deadline, endOf: child)
        let hasTimedOut = !isInTime
        if hasTimedOut {
            child.signal(SIGTERM)
            isInTime = output.collect(until: Clock.monotonic + grace, endOf: child)
        }
        let ending = isInTime ? child.wait() : child.kill()
        output.collectRest()
        if hasTimedOut { return ProcessRun(ending: .timedOut, output: output.bytes) }
        switch ending {
        case .exited(let status): return ProcessRun(ending: .exited(status: status), output: output.bytes)
        case .signalled(let signal): return ProcessRun(ending: .signalled(signal), output: output.bytes)
        }
    }

    /// A pipe that holds all of the input already, so that a program that does not read it stops nobody.
    private static func reader(of input: String) throws(SystemError) -> FileDescriptor {
        guard input.utf8.count <= inputLimit else { throw SystemError(code: E2BIG, call: "write to a program") }
        let pipe = try FileDescriptor.pipe()
        try pipe.writer.writeAll(input)
        var number: Int32 = -1
        pipe.ends { reader, _ in number = reader.release() }
        return FileDescriptor(owning: number)
    }
}

/// Keeps the end of what comes out of a pipe.
private struct OutputTail {
    let descriptor: Int32
    private(set) var bytes: [UInt8] = []
    private var isOpen = true

    init(descriptor: Int32) { self.descriptor = descriptor }

    /// Collects until the child has ended.
    ///
    /// - Returns: `false` when the deadline came first.
    mutating func collect(until deadline: UInt64, endOf child: borrowing ChildProcess) -> Bool {
        while true {
            var requests = [
                pollfd(fd: child.watchDescriptor, events: Int16(POLLIN), revents: 0),
                // A negative number is passed over.
                pollfd(fd: isOpen ? descriptor : -1, events: Int16(POLLIN), revents: 0),
            ]
            guard rc_poll_until(&requests, 2, deadline) > 0, Clock.monotonic < deadline else { return false }
            if requests[0].revents != 0 { return true }
            if requests[1].revents != 0 { isOpen = read() }
        }
    }

    /// Takes what is in the pipe, without waiting for more, and never more than a pipe holds.
    mutating func collectRest() {
        for _ in 0..<16 where isOpen { isOpen = read() }
    }

    /// Reads a piece.
    ///
    /// - Returns: `false` at the end, and when there is nothing now.
    private mutating func read() -> Bool {
        var piece = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(descriptor, &piece, piece.count)
        guard count > 0 else { return false }
        bytes += piece.prefix(count)
        if bytes.count > ProcessRun.outputLimit { bytes.removeFirst(bytes.count - ProcessRun.outputLimit) }
        return true
    }
}
