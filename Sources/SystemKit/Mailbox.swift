internal import Glibc

/// A bounded queue of events for one thread that waits with a deadline.
///
/// An event may stand for an older one of its kind that is still waiting (a newer report of the same thing), so a
/// slow reader sees the newest and the queue does not grow (safety rule 6).
///
/// `@unchecked Sendable`: all state is touched only under the POSIX mutex; `Synchronization.Mutex` has no condition
/// variable to wait on.
public final class Mailbox<Event: Sendable>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private let capacity: Int
    private let replaces: @Sendable (_ new: Event, _ old: Event) -> Bool
    private var events: [Event] = []

    /// Makes an empty mailbox.
    ///
    /// - Parameters:
    ///   - capacity: The most events that wait at once, at least 1.
    ///   - replaces: Tells whether a new event makes a waiting one superfluous.
    public init(capacity: Int, replaces: @escaping @Sendable (_ new: Event, _ old: Event) -> Bool = { _, _ in false }) {
        precondition(capacity > 0, "a mailbox holds at least one event")
        self.capacity = capacity
        self.replaces = replaces
        mutex = .allocate(capacity: 1)
        condition = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        // A deadline on the monotonic clock is not moved by someone who sets the time.
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Adds an event and wakes the reader.
    ///
    /// - Parameter event: The news; it takes the place of a waiting event that it makes superfluous.
    /// - Returns: `false` when the mailbox was full and the event was refused.
    @discardableResult
    public func post(_ event: Event) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        if let index = events.lastIndex(where: { replaces(event, $0) }) {
            events.remove(at: index)
        } else if events.count >= capacity {
            return false
        }
        events.append(event)
        pthread_cond_signal(condition)
        return true
    }

    /// Takes the oldest event, waiting for one.
    ///
    /// - Parameter deadline: Nanoseconds of the monotonic clock after which to stop waiting; one in the past only
    ///   looks.
    /// - Returns: `nil` when the deadline passed.
    public func next(before deadline: UInt64) -> Event? {
        var when = timespec(tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while events.isEmpty {
            if pthread_cond_timedwait(condition, mutex, &when) == ETIMEDOUT { break }
        }
        return events.isEmpty ? nil : events.removeFirst()
    }

    /// Takes the oldest event of a kind out of its turn, without waiting.
    ///
    /// - Parameter isUrgent: Whether an event is of that kind.
    /// - Returns: `nil` when none waits.
    public func next(where isUrgent: (Event) -> Bool) -> Event? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return events.firstIndex(where: isUrgent).map { events.remove(at: $0) }
    }
}
