import Base
import Domain

/// Who listens for changes of one item's tickets, and in which ranges somebody has yet to be shown.
final class ItemAudience {
    private var index = SequenceIndex()
    private var due = DueRanges()
    /// The watermark up to which everybody was looked at.
    private var ended: Int64
    /// The store has no such item any more.
    private(set) var isGone = false
    private(set) var isDirty = false

    init(endedAt: Int64) { ended = endedAt }

    var isEmpty: Bool { index.isEmpty }
    var count: Int { index.count }

    func insert(_ listener: Token, for sequence: Int64) {
        index.insert(listener, for: sequence)
        due.add(sequence...sequence)
    }

    func remove(_ listener: Token, for sequence: Int64) { index.remove(listener, for: sequence) }

    func gone() { isGone = true }

    /// Some were decided.
    func decided(_ notification: ChangeNotification) {
        for run in notification.runs where run.count > 0 { due.add(run.first...run.first + run.count - 1) }
        let endedAt = notification.counters.endedAt
        guard endedAt > ended else { return }
        due.add(ended + 1...endedAt)
        ended = endedAt
    }

    /// Anything may have been decided.
    func everythingIsDue(endedAt: Int64) {
        ended = max(ended, endedAt)
        due.add(1...Limits.sequence.upperBound)
    }

    var hasDue: Bool { !due.isEmpty }

    func takeDue(atMost limit: Int, into found: inout [Token]) { due.take(from: index, atMost: limit, into: &found) }

    func dirty(_ isDirty: Bool) { self.isDirty = isDirty }
}
