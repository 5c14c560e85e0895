// DESIGN
// Decides which purchases go to the store in which call. An item has at most one call under way, and purchases that
// come meanwhile fill its next batch: so batches grow with the load, and a single purchase does not wait. The machine
// knows a purchase by its place alone: a batch and an index in it. The driver keeps the purchase and its exchange under
// the same place, so nothing is copied here. Payments are gathered by a queue of their own, each under its own tag.

/// The batches of one item, in the order in which they were begun. Only `AdmissionQueue` reads and changes it.
public final class AdmissionLine {
    fileprivate var waiting: [Int] = []  // batches, oldest first
    fileprivate var isCalling = false
    fileprivate var isListed = false  // among the lines that may send a batch at the end of the turn
    /// Whether the last batch of newcomers began at the sequence that was predicted.
    fileprivate var predictsFirstSequence = true

    public init() {}
}

/// The purchases of one loop that have no answer yet: those that wait for their call, and those whose call is under
/// way.
///
/// A batch goes through `join`, `nextDeparture`, `answered` and `finished`, in this order, and is then used again.
public struct AdmissionQueue: ~Copyable {
    private static let mostKept = 64  // free batches whose memory is kept

    private enum Stage { case free, waiting, underWay, answered }

    private struct Batch {
        var stage = Stage.free
        var line: AdmissionLine?
        var members: BatchMembers
        var predictedFirst: Int64 = 0
    }

    /// Where a purchase stands. Index 0 begins a batch, so the driver clears what it keeps of the one before.
    public struct Place: Sendable, Equatable {
        public let batch: Int
        public let index: Int

        public init(batch: Int, index: Int) { (self.batch, self.index) = (batch, index) }
    }

    private let batchLimit: Int
    private let pendingLimit: Int
    private var batches: [Batch] = []
    private var kept: [Int] = []  // free batches with their memory
    private var released: [Int] = []  // free batches without
    private var ready: [AdmissionLine] = []
    private var departing: [AdmissionLine] = []
    private var departed = 0  // of `departing`
    /// Purchases without an answer.
    public private(set) var pending = 0

    /// - Parameters:
    ///   - batchLimit: purchases of one call at most; with 1 no purchase waits for a call that is under way.
    ///   - pendingLimit: purchases without an answer at most.
    public init(batchLimit: Int = Limits.batch, pendingLimit: Int = Limits.pendingAdmissions) {
        precondition((1...Limits.batch).contains(batchLimit) && pendingLimit > 0)
        self.batchLimit = batchLimit
        self.pendingLimit = pendingLimit
    }

    // MARK: Purchases come

    /// Adds a purchase to the oldest batch of its item that has room for it; nil where too many wait already.
    public mutating func join(_ line: AdmissionLine, userTag: UInt64, incarnation: UInt64) -> Place? {
        guard pending < pendingLimit else { return nil }
        pending += 1
        list(line)
        for place in line.waiting.indices {
            let batch = line.waiting[place]
            if let index = batches[batch].members.add(userTag: userTag, incarnation: incarnation) {
                return Place(batch: batch, index: index)
            }
        }
        let batch = begin(line, incarnation)
        let index = batches[batch].members.add(userTag: userTag, incarnation: incarnation)
        precondition(index == 0, "an empty batch takes any purchase")
        return Place(batch: batch, index: 0)
    }

    private mutating func begin(_ line: AdmissionLine, _ incarnation: UInt64) -> Int {
        let batch = kept.popLast() ?? released.popLast() ?? batches.count
        if batch == batches.count { batches.append(Batch(members: BatchMembers(limit: batchLimit))) }
        precondition(batches[batch].stage == .free)
        batches[batch].stage = .waiting
        batches[batch].line = line
        batches[batch].members.begin(incarnation: incarnation)
        line.waiting.append(batch)
        return batch
    }

    private mutating func list(_ line: AdmissionLine) {
        guard !line.isListed else { return }
        line.isListed = true
        ready.append(line)
    }

    // MARK: Batches leave

    /// Whether a batch is about to leave: a call costs as much as twenty more purchases in it, so it is worth to poll
    /// for more.
    public var hasPendingBatch: Bool { batchLimit > 1 && ready.contains { !$0.isCalling } }

    /// The turn of the loop ends: `nextDeparture` gives the batches that leave now. Purchases that join later wait for
    /// the end of the next turn.
    public mutating func turnEnded() {
        precondition(departed == departing.count, "the departures of one turn end before those of the next begin")
        departing.removeAll(keepingCapacity: true)
        departed = 0
        swap(&ready, &departing)
        for line in departing { line.isListed = false }
    }

    /// The batch to send next; nil where all that may leave in this turn have left.
    public mutating func nextDeparture() -> Int? {
        while departed < departing.count {
            let line = departing[departed]
            let mayLeave = batchLimit == 1 || !line.isCalling
            // Larger batches leave one by one, also where a call fails at once.
            if batchLimit > 1 || line.waiting.isEmpty { departed += 1 }
            guard mayLeave, !line.waiting.isEmpty else { continue }
            let batch = line.waiting.removeFirst()
            precondition(batches[batch].stage == .waiting)
            batches[batch].stage = .underWay
            line.isCalling = true
            return batch
        }
        return nil
    }

    /// The sequence that a departing batch will probably begin at; nil where the last prediction was wrong.
    ///
    /// - Parameter tail: the last sequence given, as far as it is known.
    public mutating func predictFirst(of batch: Int, tail: Int64) -> Int64? {
        batches[batch].predictedFirst = tail + 1
        return batches[batch].line?.predictsFirstSequence == true ? tail + 1 : nil
    }

    // MARK: Answers come

    /// The call of a batch was answered or has failed: the item's next batch may leave.
    ///
    /// - Parameter firstSequence: of the batch, where all in it are newcomers; else nil.
    public mutating func answered(_ batch: Int, firstSequence: Int64? = nil) {
        guard batches[batch].stage == .underWay, let line = batches[batch].line else {
            preconditionFailure("an answer for a batch that is not under way")
        }
        batches[batch].stage = .answered
        line.isCalling = false
        if !line.waiting.isEmpty { list(line) }
        if let firstSequence { line.predictsFirstSequence = firstSequence == batches[batch].predictedFirst }
    }

    /// The sequences of a batch of newcomers, by index.
    public func sequences(of batch: Int, from firstSequence: Int64) -> Range<Int64> {
        precondition(batches[batch].stage == .answered, "sequences come with an answer")
        return firstSequence..<firstSequence + Int64(batches[batch].members.count)
    }

    /// Every purchase of a batch has its answer.
    ///
    /// - Returns: whether the driver should keep the batch's memory; false where there are more batches than usual.
    public mutating func finished(_ batch: Int) -> Bool {
        precondition(batches[batch].stage == .answered, "a batch ends once, after its answer")
        let count = batches[batch].members.count
        precondition(count <= pending, "an answer for a purchase that never joined")
        pending -= count
        batches[batch].stage = .free
        batches[batch].line = nil
        let isKept = kept.count < Self.mostKept
        if isKept {
            kept.append(batch)
        } else {
            batches[batch].members.release()
            released.append(batch)
        }
        assert(kept.count + released.count < batches.count || pending == 0, "purchases without a batch")
        return isKept
    }
}
