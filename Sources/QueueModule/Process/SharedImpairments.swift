import EventLoop
import Store

/// What the loops of one process see the store refuse: the log has one line for what all of them see.
final class SharedImpairments: Sendable {
    private let loops = Locked([Int](repeating: 0, count: Impairment.Cause.allCases.count))

    /// True for the first loop that sees it.
    func begins(_ cause: Impairment.Cause) -> Bool {
        loops.withLock { loops in
            loops[cause.rawValue] += 1
            return loops[cause.rawValue] == 1
        }
    }

    /// True for the last loop that saw it.
    func ends(_ cause: Impairment.Cause) -> Bool {
        loops.withLock { loops in
            assert(loops[cause.rawValue] > 0, "it begins before it ends")
            loops[cause.rawValue] -= 1
            return loops[cause.rawValue] == 0
        }
    }
}
