import EventLoop
import Testing

@Test func `a locked value sees every change that two threads make`() {
    let count = Locked(0)
    let threads = (0..<2).map { _ in
        LoopThread { for _ in 0..<50_000 { count.withLock { $0 += 1 } } }
    }
    threads.forEach { $0.join() }
    #expect(count.withLock { $0 } == 100_000)
}
