import Domain
import Testing

/// Everything that leaves at the end of this turn.
private func departures(_ queue: inout AdmissionQueue) -> [Int] {
    queue.turnEnded()
    var batches: [Int] = []
    while let batch = queue.nextDeparture() { batches.append(batch) }
    return batches
}

extension AdmissionQueue {
    /// The call of a batch was answered, and everybody in it has an answer.
    fileprivate mutating func end(_ batch: Int, firstSequence: Int64? = nil) {
        answered(batch, firstSequence: firstSequence)
        _ = finished(batch)
    }
}

@Suite struct AdmissionQueueTests {
    private let line = AdmissionLine()

    @Test func `a lone purchase leaves at the end of its turn`() {
        var queue = AdmissionQueue()
        #expect(!queue.hasPendingBatch && departures(&queue).isEmpty)
        #expect(queue.join(line, userTag: 5, incarnation: 7) == .init(batch: 0, index: 0))
        #expect(queue.hasPendingBatch && queue.pending == 1)
        #expect(departures(&queue) == [0])
        #expect(!queue.hasPendingBatch && departures(&queue).isEmpty)
        queue.end(0)
        #expect(queue.pending == 0 && departures(&queue).isEmpty)
    }

    @Test func `what comes while a call is under way gathers and leaves after its answer`() {
        var queue = AdmissionQueue()
        _ = queue.join(line, userTag: 1, incarnation: 7)
        #expect(departures(&queue) == [0])
        for tag in 2...10 {
            #expect(queue.join(line, userTag: UInt64(tag), incarnation: 7) == .init(batch: 1, index: tag - 2))
            #expect(!queue.hasPendingBatch && departures(&queue).isEmpty)
        }
        queue.answered(0)
        #expect(queue.hasPendingBatch && departures(&queue) == [1])
        #expect(queue.pending == 10)
        _ = queue.finished(0)
        #expect(queue.pending == 9)
    }

    @Test func `items don't wait for each other`() {
        var queue = AdmissionQueue()
        let lines = (0..<5).map { _ in AdmissionLine() }
        for line in lines { _ = queue.join(line, userTag: 1, incarnation: 7) }
        #expect(departures(&queue) == [0, 1, 2, 3, 4])
        for line in lines { _ = queue.join(line, userTag: 2, incarnation: 7) }
        queue.end(3)
        #expect(departures(&queue) == [8])
    }

    @Test func `a batch takes 256 different users, and the next one the rest`() {
        var queue = AdmissionQueue()
        for tag in 0..<256 {  // the low bits alike: they meet in the table
            #expect(queue.join(line, userTag: UInt64(tag) << 20, incarnation: 7) == .init(batch: 0, index: tag))
        }
        #expect(queue.join(line, userTag: 1, incarnation: 7) == .init(batch: 1, index: 0))
        #expect(departures(&queue) == [0])
        queue.answered(0)
        #expect(departures(&queue) == [1])
    }

    @Test func `a batch takes no user twice, and others who come later still fit in it`() {
        var queue = AdmissionQueue()
        let tags: [UInt64] = [5, 0, 517, .max]
        for (index, tag) in tags.enumerated() {
            #expect(queue.join(line, userTag: tag, incarnation: 7) == .init(batch: 0, index: index))
        }
        for (index, tag) in tags.enumerated() {
            #expect(queue.join(line, userTag: tag, incarnation: 7) == .init(batch: 1, index: index))
        }
        #expect(queue.join(line, userTag: 5, incarnation: 7) == .init(batch: 2, index: 0))
        #expect(queue.join(line, userTag: 6, incarnation: 7) == .init(batch: 0, index: 4))
    }

    @Test func `a batch is of one incarnation of its item`() {
        var queue = AdmissionQueue()
        _ = queue.join(line, userTag: 5, incarnation: 7)
        #expect(queue.join(line, userTag: 6, incarnation: 8) == .init(batch: 1, index: 0))
        #expect(queue.join(line, userTag: 7, incarnation: 8) == .init(batch: 1, index: 1))
        #expect(queue.join(line, userTag: 8, incarnation: 7) == .init(batch: 0, index: 1))
    }

    @Test func `a batch that is used again has forgotten who was in it`() {
        var queue = AdmissionQueue()
        _ = queue.join(line, userTag: 5, incarnation: 7)
        #expect(departures(&queue) == [0])
        queue.end(0)
        #expect(queue.join(line, userTag: 5, incarnation: 8) == .init(batch: 0, index: 0))
        #expect(queue.join(line, userTag: 6, incarnation: 8) == .init(batch: 0, index: 1))
    }

    @Test func `with batches of one all purchases leave at once, in their order`() {
        var queue = AdmissionQueue(batchLimit: 1)
        for tag in 1...3 { _ = queue.join(line, userTag: UInt64(tag), incarnation: 7) }
        #expect(!queue.hasPendingBatch && departures(&queue) == [0, 1, 2])
        _ = queue.join(line, userTag: 4, incarnation: 7)
        #expect(departures(&queue) == [3])
        for batch in 0...3 { queue.end(batch) }
        #expect(queue.pending == 0)
    }

    @Test func `an answer within the turn's end lets the next batch leave in the next turn`() {
        var queue = AdmissionQueue()
        for tag: UInt64 in [5, 5] { _ = queue.join(line, userTag: tag, incarnation: 7) }
        queue.turnEnded()
        #expect(queue.nextDeparture() == 0)
        queue.end(0)
        #expect(queue.nextDeparture() == nil && queue.hasPendingBatch)
        #expect(departures(&queue) == [1])
    }

    @Test func `the first sequence is predicted until a prediction fails, and again once it would have been right`() {
        var queue = AdmissionQueue()
        func call(tail: Int64, begins first: Int64?) -> Int64? {
            _ = queue.join(line, userTag: 5, incarnation: 7)
            let batch = departures(&queue)[0]
            defer { queue.end(batch, firstSequence: first) }
            return queue.predictFirst(of: batch, tail: tail)
        }
        #expect(call(tail: 0, begins: 1) == 1)
        #expect(call(tail: 1, begins: nil) == 2, "a batch that did not come in whole says nothing")
        #expect(call(tail: 1, begins: 9) == 2)
        #expect(call(tail: 9, begins: 10) == nil)
        #expect(call(tail: 10, begins: 11) == 11)
    }

    @Test func `newcomers are numbered from the first, in the order in which they came`() {
        var queue = AdmissionQueue()
        for tag in 1...3 { _ = queue.join(line, userTag: UInt64(tag), incarnation: 7) }
        let batch = departures(&queue)[0]
        queue.answered(batch, firstSequence: 40)
        #expect(queue.sequences(of: batch, from: 40) == 40..<43)
    }

    @Test func `more than may wait are turned away, until some have their answers`() {
        var queue = AdmissionQueue(batchLimit: 2, pendingLimit: 4)
        for tag in 1...4 { #expect(queue.join(line, userTag: UInt64(tag), incarnation: 7) != nil) }
        #expect(queue.join(line, userTag: 5, incarnation: 7) == nil && queue.pending == 4)
        #expect(departures(&queue) == [0])
        queue.answered(0)
        #expect(queue.join(line, userTag: 5, incarnation: 7) == nil, "answered is not responded")
        let isKept = queue.finished(0)
        #expect(isKept)
        #expect(queue.join(line, userTag: 5, incarnation: 7) != nil)
    }

    @Test func `the memory of 64 batches is kept, that of more given back, and all numbers are used again`() {
        var queue = AdmissionQueue(batchLimit: 1)
        func run() -> (batches: Set<Int>, kept: Int) {
            for tag in 0..<100 { _ = queue.join(line, userTag: UInt64(tag), incarnation: 7) }
            let batches = departures(&queue)
            for batch in batches { queue.answered(batch) }
            return (Set(batches), batches.count { queue.finished($0) })
        }
        for _ in 0..<3 {
            let (batches, kept) = run()
            #expect(batches == Set(0..<100) && kept == 64 && queue.pending == 0)
        }
    }
}
