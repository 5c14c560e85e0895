import Base
import TestKit
import Testing

@testable import Domain

/// The calls that no purchase's grant pays for, and all calls of a group together.
@Suite struct RepeatTests {
    private func run(_ seed: UInt64, cap: Int64? = 30, _ change: (inout RepeatRun.Size) -> Void) -> RepeatRun {
        var size = RepeatRun.Size()
        size.cap = cap
        change(&size)
        return RepeatRun(seed: seed, size: size)
    }

    @Test(arguments: Seeds.window.prefix(5))
    func `first calls, calls made again and doubts of three workers stay within the cap together`(seed: UInt64) {
        let run = run(seed) {
            $0.doubts = 60
            $0.buyers = 100_000
            $0.failingPercent = 30
        }
        run.run(to: .seconds(30))
        #expect(run.most() <= 31, "\(run.most()) \(replay(seed))")
        // Of 900: three failures in ten are taken for a collapse now and then.
        #expect(run.sends.count >= 600, "\(run.sends.count) \(replay(seed))")
        // Neither waits for the other to end.
        #expect(run.first.count >= 300 && run.repeated.count >= 300, "\(run.first.count), \(run.repeated.count)")
        #expect(run.unreadable == 0)
    }

    @Test(arguments: Seeds.window.prefix(5))
    func `doubts are asked for while nobody buys, at the cap and not above it`(seed: UInt64) {
        let run = run(seed) { $0.doubts = 200 }
        run.run(to: .seconds(22))
        #expect(run.open == 0 && run.repeated.count == 600 && run.first.isEmpty, "\(run.open) \(replay(seed))")
        #expect(run.most() <= 31, "\(run.most()) \(replay(seed))")
    }

    @Test(arguments: Seeds.window.prefix(5))
    func `where no cap is declared the measured pace holds for them too, and it grows with them`(seed: UInt64) {
        let run = run(seed, cap: nil) { $0.doubts = 700 }
        run.run(to: .milliseconds(100))
        #expect(run.sends.count <= 12, "\(run.sends.count) at once \(replay(seed))")
        run.run(to: .seconds(12))
        let pace = (run.scheduler.resources.first { $0.kind == .group }?.state.pace1000 ?? 0) / 1_000
        #expect(run.repeated.count >= 1_000 && pace >= 120, "\(run.repeated.count), \(pace) \(replay(seed))")
        #expect(run.most() <= 2 * Int(pace), "\(run.most()) at \(pace) \(replay(seed))")
    }

    @Test(arguments: Seeds.window.prefix(5))
    func `lost and doubled messages cost time, no call, and few calls too many`(seed: UInt64) {
        let run = run(seed) {
            $0.doubts = 60
            $0.lostPerMille = 100
            $0.doubledPerMille = 100
            $0.failingPercent = 20
        }
        run.run(to: .seconds(30))
        #expect(run.open == 0, "\(run.open) \(replay(seed))")
        // What was lost comes with the next: it was paid for a moment ago.
        #expect(run.most() <= 34, "\(run.most()) \(replay(seed))")
    }

    @Test(arguments: Seeds.window.prefix(5))
    func `a new leader goes on with them, also where it has nothing else to grant`(seed: UInt64) {
        let run = run(seed) { $0.doubts = 100 }
        run.run(to: .seconds(4))
        run.lead()
        run.run(to: .seconds(12))
        #expect(run.open == 0 && run.repeated.count == 300, "\(run.open) \(replay(seed))")
        #expect(run.most(from: .milliseconds(4_100)) <= 31, "\(run.most()) \(replay(seed))")
    }
}
