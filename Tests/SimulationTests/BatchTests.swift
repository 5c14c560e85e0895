import Base
import Domain
import Testing

/// Whether the window opens far enough for batches, when a purchase needs no order.
@Suite struct BatchTests {
    @Test(arguments: [50, 200, 1_000])
    func `the window opens within 100 ms, so that batches follow each other without a gap`(callMicroseconds: Int64) {
        var run = BatchRun()
        run.callMicroseconds = callMicroseconds
        run.run(toMilliseconds: 100)
        #expect(run.most >= (callMicroseconds < 1_000 ? 1_024 : 768))
        let drained = run.run(toMilliseconds: 1_100)
        #expect(Double(drained) >= 0.95 * run.ideal, "\(run.window.window)")
        run.run(toMilliseconds: 10_000)
        #expect(run.most <= 4_096 && run.window.window >= 512, "\(run.window.window)")
    }

    @Test func `a store that becomes slow in the middle is followed, down and up again`() {
        var run = BatchRun()
        run.run(toMilliseconds: 1_000)
        run.callMicroseconds = 5_000
        run.link = .milliseconds(5)
        run.run(toMilliseconds: 3_000)
        let slowly = run.run(toMilliseconds: 13_000)
        #expect(Double(slowly) >= 0.9 * 10 * run.ideal, "\(run.window.window)")
        #expect(run.most <= 4_096)
        run.callMicroseconds = 200
        run.link = .microseconds(200)
        run.run(toMilliseconds: 14_000)
        #expect(run.most <= 16_384, "\(run.most)")
        let again = run.run(toMilliseconds: 15_000)
        #expect(Double(again) >= 0.95 * run.ideal, "\(run.window.window)")
        #expect(run.most <= 4_096, "\(run.most)")
    }
}
