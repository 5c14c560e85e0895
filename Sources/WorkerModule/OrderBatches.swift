import Base
import Domain

// DESIGN
// What is sent, and when, after trouble. The same purchases are sent again for as long as it takes, under the same ids,
// because only an answer ends one: a lost answer means nothing. After a failure one batch is sent at a time, with
// growing pauses, so that a server that comes back or is too busy does not get everything at once; the first answer
// ends that. A purchase whose own values (or a rule of the merchant's own) the server can't take would hold up all that
// share its batch: after such a refusal each is sent alone, and is delayed longer each time. What its grant pays for is
// sent at once; what no grant pays for, or not any more, is due and awaits a permit.

/// Which orders go into the next batch. A machine: time comes in as `now`.
struct OrderBatches<Order> {
    struct Entry {
        let order: Order
        fileprivate(set) var tries = 0
        fileprivate(set) var isAlone = false
        fileprivate var paidUntil: MonotonicInstant

        fileprivate init(_ order: Order, paidUntil: MonotonicInstant) {
            self.order = order
            self.paidUntil = paidUntil
        }
    }

    private var waiting: [Entry] = []  // may be sent; oldest first, from `next`
    private var due: [Entry] = []  // await a permit; oldest first
    private var next = 0
    private var delayed: [(until: MonotonicInstant, entry: Entry)] = []
    private var pause: Backoff
    private var pausedUntil: MonotonicInstant?
    private var random: SplitMix64
    private(set) var underWay = 0  // orders
    private var batches = 0
    /// Batches that failed since the last answer.
    private(set) var failures = 0

    static var longestDelay: TimeSpan { .seconds(30) }

    init(seed: UInt64) {
        pause = Backoff(bounds: Backoff.Bounds(base: .milliseconds(50), cap: .milliseconds(500)), seed: seed)
        random = SplitMix64(seed: seed)
    }

    /// Orders taken and not answered.
    var count: Int { waiting.count - next + awaitingRetry + underWay }
    /// Of these, those that are delayed until they are sent again, or await a permit.
    var awaitingRetry: Int { delayed.count + due.count }
    var isBatchUnderWay: Bool { batches > 0 }
    /// Whether something is there to send, now or later.
    var isAnythingLeft: Bool { next < waiting.count || awaitingRetry > 0 }

    /// - Parameter paidUntil: until when something pays for sending it; nil: nothing does.
    mutating func add(_ order: Order, paidUntil: MonotonicInstant?) {
        if let paidUntil {
            waiting.append(Entry(order, paidUntil: paidUntil))
        } else {
            due.append(Entry(order, paidUntil: MonotonicInstant(nanoseconds: 0)))
        }
    }

    /// How many orders could be sent now with permits.
    mutating func wanted(now: MonotonicInstant) -> Int {
        wake(now: now)
        return mayTake(now: now) ? due.count : 0
    }

    /// So many orders may be sent, for as long as a grant of now would pay.
    mutating func permit(_ count: Int, now: MonotonicInstant) {
        let permitted = due.prefix(count).map { entry in
            var entry = entry
            entry.paidUntil = now + Limits.grantPays
            return entry
        }
        due.removeFirst(permitted.count)
        // The older ones first, but none behind one that may be refused.
        waiting.replaceSubrange(..<next, with: permitted.filter { !$0.isAlone })
        waiting += permitted.filter(\.isAlone)
        next = 0
    }

    /// Nothing is sent in a pause, nor beside the one batch that shows whether the server is there.
    private func mayTake(now: MonotonicInstant) -> Bool {
        if let pausedUntil, now < pausedUntil { return false }
        return failures == 0 || batches == 0
    }

    /// Removes those that are not under way and that `isWanted` is true of, given how often each was sent; oldest
    /// first, those that are delayed last.
    mutating func withdraw(where isWanted: (_ order: Order, _ tries: Int) -> Bool = { _, _ in true }) -> [Order] {
        let all = waiting[next...] + due + delayed.map(\.entry)
        waiting = waiting[next...].filter { !isWanted($0.order, $0.tries) }
        due.removeAll { isWanted($0.order, $0.tries) }
        delayed.removeAll { isWanted($0.entry.order, $0.entry.tries) }
        next = 0
        return all.filter { isWanted($0.order, $0.tries) }.map(\.order)
    }

    /// The next batch to send, if one may be sent now; every batch must end with `answered` or `failed`.
    mutating func take(now: MonotonicInstant) -> [Entry]? {
        wake(now: now)
        guard mayTake(now: now) else { return nil }
        var batch: [Entry] = []
        while next < waiting.count, batch.count < Limits.batch {
            if waiting[next].paidUntil < now {
                due.append(waiting[next])
                next += 1
                continue
            }
            if waiting[next].isAlone, !batch.isEmpty { break }
            batch.append(waiting[next])
            next += 1
            if batch[0].isAlone { break }
        }
        if next > 1024, next * 2 > waiting.count {
            waiting.removeFirst(next)
            next = 0
        }
        guard !batch.isEmpty else { return nil }
        underWay += batch.count
        batches += 1
        return batch
    }

    /// The batch was answered; its orders are forgotten here.
    mutating func answered(_ batch: [Entry]) {
        end(batch)
        failures = 0
        pausedUntil = nil
        pause.reset()
    }

    /// The batch has no answer and is sent again.
    ///
    /// - Parameter mayBeOfOne: one order of it may be the cause.
    mutating func failed(_ batch: [Entry], mayBeOfOne: Bool, now: MonotonicInstant) {
        end(batch)
        if mayBeOfOne {
            // The server serves: the others of the batch need not wait.
            for var entry in batch {
                guard entry.isAlone else {
                    entry.isAlone = true
                    entry.tries += 1
                    due.append(entry)
                    continue
                }
                delay(entry, now: now)
            }
            return
        }
        failures += 1
        pausedUntil = max(pausedUntil ?? now, now + pause.next())
        let retries = batch.map { entry in
            var entry = entry
            entry.tries += 1
            return entry
        }
        due.insert(contentsOf: retries, at: 0)
    }

    /// When `take` is to be called again though nothing else happens.
    func wakeAt(now: MonotonicInstant) -> MonotonicInstant? {
        let earliest = delayed.map(\.until).min()
        guard next < waiting.count || !due.isEmpty, let pausedUntil, pausedUntil > now else { return earliest }
        return min(earliest ?? pausedUntil, pausedUntil)
    }

    private mutating func end(_ batch: [Entry]) {
        underWay -= batch.count
        batches -= 1
        precondition(underWay >= 0 && batches >= 0, "a batch ended twice")
    }

    /// Keeps one back for 50...100 ms, and twice as long after each further try, with the same share of chance.
    private mutating func delay(_ entry: Entry, now: MonotonicInstant) {
        var entry = entry
        let span = min(TimeSpan.milliseconds(50) * (1 << Int64(min(entry.tries, 16))), Self.longestDelay)
        entry.tries += 1
        delayed.append((now + span + .nanoseconds(random.below(span.nanoseconds)), entry))
    }

    private mutating func wake(now: MonotonicInstant) {
        guard delayed.contains(where: { $0.until <= now }) else { return }
        due += delayed.filter { $0.until <= now }.map(\.entry)
        delayed.removeAll { $0.until <= now }
    }
}
