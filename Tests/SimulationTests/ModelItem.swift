import Base
import Domain

/// One item with the semantics of the scripts, and a purchase's way through it.
struct ModelItem {
    struct Flight: Equatable {
        var sequence: Int64
        var quantity: Int64
        var attempt: Int64
    }

    struct Deduction {
        var stop: DeductStop
        var counters: ItemCounters
        var winners: Int64
        var taken: [Flight]
    }

    let name: ItemName
    private(set) var counters = ItemCounters()
    private(set) var isPaused = false
    /// Of an earlier life of the store, and not reopened yet: no deduction is answered.
    var isClosedOff = false
    private(set) var results: [Int64: ResultByte] = [:]
    private(set) var winners: [Int64] = []  // sequences, in the order of their first taking
    private var queue: ArraySlice<(sequence: Int64, quantity: Int64)> = []
    private var redo: [Flight] = []  // by sequence
    private var flights: [String: [Flight]] = [:]
    /// Set by whatever must be told to the listeners.
    var mustTell = false

    init(name: ItemName, stock: Int64) {
        self.name = name
        counters.free = stock
        counters.version = 1
    }

    /// Whether a deduction could take or end something now.
    var hasWork: Bool { !isPaused && (counters.redo > 0 || counters.waiting > 0 && counters.free > 0) }

    private mutating func commit() {
        counters.version += 1
        counters.notification += 1
        mustTell = true
    }

    // MARK: Queue processes and operators

    mutating func admit(quantities: [Int64]) {
        guard counters.ended == 0, !isPaused, !quantities.isEmpty else { return }
        let wasEmpty = counters.waiting == 0
        for quantity in quantities {
            counters.tail += 1
            queue.append((counters.tail, quantity))
        }
        if wasEmpty { commit() } else { counters.version += 1 }
    }

    mutating func pause(_ isPaused: Bool) {
        self.isPaused = isPaused
        commit()
    }

    mutating func restock(_ units: Int64) {
        counters.free += units
        counters.ended = 0
        commit()
    }

    // MARK: Workers

    mutating func deduct(_ n: Int64, worker: String, hasSink: Bool) -> Deduction? {
        guard !isClosedOff else { return nil }
        guard !isPaused else { return Deduction(stop: .itemHalted, counters: counters, winners: 0, taken: []) }
        let before = (head: counters.head, ended: counters.ended)
        var taken: [Flight] = []
        var stop = DeductStop.limitReached
        while !redo.isEmpty, taken.count < n {
            var flight = redo.removeFirst()
            flight.attempt += 1
            counters.redo -= 1
            taken.append(flight)
            if !hasSink { confirm(flight) }
        }
        var looked = 0
        while taken.count < n, looked < Limits.lookedAt, counters.free > 0, let first = queue.first {
            let mayComeBack = counters.held - counters.inDoubt
            if first.quantity <= counters.free {
                let flight = Flight(sequence: first.sequence, quantity: first.quantity, attempt: 1)
                counters.free -= first.quantity
                counters.held += first.quantity
                results[first.sequence] = .processing
                winners.append(first.sequence)
                taken.append(flight)
                if !hasSink { confirm(flight) }
            } else if first.quantity <= counters.free + mayComeBack {
                stop = .headWaits
                break
            } else {
                results[first.sequence] = .insufficientStock
            }
            queue.removeFirst()
            counters.head = first.sequence
            looked += 1
        }
        if hasSink { flights[worker, default: []] += taken }
        endIfDone()
        if !taken.isEmpty || counters.head > before.head || counters.ended != before.ended { commit() }
        if counters.ended == 1 && counters.redo == 0 {
            stop = .itemEnded
        } else if counters.waiting == 0 && counters.redo == 0 {
            stop = .queueEmpty
        } else if counters.free == 0 && counters.redo == 0 {
            stop = .headWaits
        }
        return Deduction(
            stop: stop, counters: counters, winners: Int64(taken.count), taken: hasSink ? taken : [])
    }

    private mutating func confirm(_ flight: Flight) {
        counters.held -= flight.quantity
        counters.sold += flight.quantity
        results[flight.sequence] = .sold
    }

    private mutating func endIfDone() {
        guard counters.ended == 0, counters.free == 0, counters.held <= counters.inDoubt else { return }
        counters.ended = 1
        counters.endedAt = counters.tail
        counters.head = counters.tail
        queue.removeAll()
    }

    /// Ends an attempt; what another worker holds by now, or what has ended, is left as it is.
    mutating func settle(_ flight: Flight, worker: String, isConfirmed: Bool) {
        guard let index = flights[worker]?.firstIndex(of: flight) else { return }
        flights[worker]?.remove(at: index)
        if isConfirmed {
            confirm(flight)
        } else {
            counters.held -= flight.quantity
            counters.free += flight.quantity
            counters.ended = 0
            results[flight.sequence] = .rejected
        }
        endIfDone()
        commit()
    }

    func recall(worker: String) -> [Flight] { flights[worker] ?? [] }

    mutating func reap(worker: String) {
        let lost = flights.removeValue(forKey: worker) ?? []
        guard !lost.isEmpty else { return }
        for flight in lost where flight.attempt >= Limits.losses {
            counters.inDoubt += flight.quantity
            results[flight.sequence] = .inDoubt
        }
        redo += lost.filter { $0.attempt < Limits.losses }
        redo.sort { $0.sequence < $1.sequence }
        counters.redo = Int64(redo.count)
        endIfDone()
        commit()
    }
}
