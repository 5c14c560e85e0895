/// A value that belongs to one loop's thread, in a box that other threads may hold but not open.
///
/// `@unchecked` because the value is touched only by work that runs on its own loop.
public final class LoopBound<Value>: @unchecked Sendable {
    private let value: Value
    private let remote: EventLoop.Remote

    public init(_ value: Value, on loop: EventLoop) {
        self.value = value
        remote = loop.remote
    }

    /// Runs `body` with the value, on the value's loop, in a coming turn. Safe from any thread.
    public func post(_ body: @escaping @Sendable (Value) -> Void) {
        remote.post { [self] in body(value) }
    }
}
