import Glibc

// DESIGN
// A pthread mutex, not `Synchronization.Mutex`: that one locks with a futex inside the Swift runtime, where the thread
// sanitizer can't see it, and then reports every value it guards (Swift 6.3.1; ten lines show it). A lock it can see
// keeps `make sanitize` without suppressions, which would hide real races of the same lines.

/// A value that threads share, reached by one at a time.
///
/// Sendable because nothing but `withLock` reaches the value, and `sending` lets none of the caller's leave or enter.
@safe public final class Locked<Value: ~Copyable>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private var value: Value

    public init(_ value: consuming sending Value) {
        unsafe mutex = .allocate(capacity: 1)
        let result = unsafe pthread_mutex_init(mutex, nil)
        precondition(result == 0, "pthread_mutex_init failed")
        self.value = value
    }

    deinit {
        unsafe pthread_mutex_destroy(mutex)
        unsafe mutex.deallocate()
    }

    /// Runs `body` with the value while no other thread does; not from within itself.
    public func withLock<Result>(_ body: (inout sending Value) throws -> sending Result) rethrows -> sending Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return try body(&value)
    }
}
