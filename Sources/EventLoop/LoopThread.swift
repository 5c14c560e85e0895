import Glibc

/// Carries a set-up closure to a new thread. `@unchecked` because the box is handed over once, before the thread runs.
private final class ThreadStart: @unchecked Sendable {
    let body: () -> Void
    init(body: @escaping () -> Void) { self.body = body }
}

/// A thread of our own for one loop.
public struct LoopThread: Sendable {
    private let thread: pthread_t

    /// Starts a thread that runs `body` to its end. What `body` captures belongs to the new thread from here on.
    public init(_ body: sending @escaping () -> Void) {
        let start = unsafe Unmanaged.passRetained(ThreadStart(body: body))
        var created = pthread_t()
        let result = unsafe pthread_create(
            &created, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                unsafe Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            }, start.toOpaque())
        precondition(result == 0, "pthread_create failed")
        thread = created
    }

    /// Waits for the thread's end.
    public func join() { _ = pthread_join(thread, nil) }
}
