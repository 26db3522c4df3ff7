internal import Glibc
public import SystemKit

/// Threads that help to copy many pages while the guest stands still; a few pages are copied without them.
///
/// One core cannot use all that the memory gives, but a thread that slept finds its caches cold and its core at rest. The
/// caller copies, too, and waits for a helper only if that one is at work: a helper that a busy host wakes too late is not
/// missed.
public struct PageCopyTeam: ~Copyable {
    private enum Call { case help, end }

    private let work: PageCopyWork
    private let calls: [Mailbox<Call>]

    /// From how many pages on the helpers are woken: with fewer than 32 MiB waking them gains nothing for certain.
    static let worthwhilePages = 8192
    /// More threads do not copy faster: the memory is the bound.
    private static let mostHelpers = 3

    /// Starts a helper for every processor but one, three at most.
    ///
    /// - Parameter name: Whose pages they copy, for the threads' names.
    /// - Throws: ``SystemError`` of `pthread_create`.
    public init(name: String) throws(SystemError) {
        try self.init(name: name, helpers: min(Self.mostHelpers, max(0, sysconf(Int32(_SC_NPROCESSORS_ONLN)) - 1)))
    }

    /// Starts helpers.
    ///
    /// - Parameters:
    ///   - name: Whose pages they copy, for the threads' names.
    ///   - helpers: How many; 0 leaves all to the caller.
    /// - Throws: ``SystemError`` of `pthread_create`.
    public init(name: String, helpers: Int) throws(SystemError) {
        let work = PageCopyWork()
        let calls = (0..<helpers).map { _ in Mailbox<Call>(capacity: 2) { _, _ in true } }
        self.work = work
        self.calls = calls
        for (index, call) in calls.enumerated() {
            try Thread(name: "copy\(index)-\(name)") {
                while case .help = call.next(before: .max) { work.run(asHelper: true) }
            }.detach()
        }
    }

    deinit { for call in calls { call.post(.end) } }

    /// Begins anew: what was given before and not copied is forgotten.
    public borrowing func begin() { work.forget() }

    /// Takes pages to copy.
    borrowing func assign(_ pages: PageCopyWork.Pages) { work.add(pages) }

    /// Copies all pages that were given; nobody looks at them any more once this returns.
    public borrowing func copyAll() {
        if work.pageCount >= Self.worthwhilePages { for call in calls { call.post(.help) } }
        work.run(asHelper: false)
        work.awaitHelpers()
    }
}
