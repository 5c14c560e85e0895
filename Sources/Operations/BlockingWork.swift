public import EventLoop

/// Work that blocks, such as a disk's, beside a loop that must not.
public enum BlockingWork {
    /// Runs `work` on a thread of its own, then `completion` with its result on the loop's. For seldom and long work: a
    /// thread is made each time.
    public static func run<Value: Sendable>(
        for loop: EventLoop, _ work: @escaping @Sendable () -> Value, then completion: @escaping (Value) -> Void
    ) {
        let home = LoopBound(completion, on: loop)
        let thread = Locked<LoopThread?>(nil)
        let started = LoopThread {
            let value = work()
            home.post { completion in
                thread.withLock { $0 }?.join()
                completion(value)
            }
        }
        thread.withLock { $0 = started }
    }
}
