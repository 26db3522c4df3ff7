internal import Glibc

/// A counting semaphore, for a thread that waits for work.
final class Semaphore: Sendable {
    // Safe: sem_post and sem_wait may be called from any thread, and the memory lives as long as this object.
    // Can go when the standard library has a semaphore.
    private nonisolated(unsafe) let storage: UnsafeMutablePointer<sem_t>

    init() {
        storage = .allocate(capacity: 1)
        storage.initialize(to: sem_t())
        sem_init(storage, 0, 0)
    }

    deinit {
        sem_destroy(storage)
        storage.deallocate()
    }

    func signal() { sem_post(storage) }

    func wait() { while sem_wait(storage) != 0 && errno == EINTR {} }
}
