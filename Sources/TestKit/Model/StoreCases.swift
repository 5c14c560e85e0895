public import Base
import Domain
public import Store

// DESIGN
// What simulations find is worth as much as their store is like Redis. So the same cases run on the model and on the
// real scripts, through the ports that the drivers use, and write down all that a driver could see: both transcripts
// must be the same. Left out is what may differ: names of lives and processes, times, where the head stands among those
// who left (a chunk is skipped to its end), and the order within one flight.

/// A store that the cases are run on.
public struct StoreSubject {
    public var store: any WorkerStore & SchedulerStore
    /// Lets time pass until something holds; false when it does not in time.
    public var wait: (_ until: () -> Bool) -> Bool
    /// Winners have so long to pay; zero: they are sold at once.
    public var makeItem: (_ name: String, _ stock: Int64, _ payWindow: TimeSpan) throws -> ItemReference
    public var admit: (_ buys: [(user: String, key: UInt64, quantity: Int64)], ItemReference) throws -> Void
    public var pause: (ItemReference) throws -> Void
    /// The item is of an earlier life of Redis from now on.
    public var closeOff: (ItemReference) throws -> Void

    public init(
        store: any WorkerStore & SchedulerStore, wait: @escaping (_ until: () -> Bool) -> Bool,
        makeItem: @escaping (String, Int64, TimeSpan) throws -> ItemReference,
        admit: @escaping ([(user: String, key: UInt64, quantity: Int64)], ItemReference) throws -> Void,
        pause: @escaping (ItemReference) throws -> Void, closeOff: @escaping (ItemReference) throws -> Void
    ) {
        self.store = store
        self.wait = wait
        self.makeItem = makeItem
        self.admit = admit
        self.pause = pause
        self.closeOff = closeOff
    }
}

/// One case: what it does, and the transcript that it leaves.
public final class StoreCase {
    public static let all: [(name: String, body: @Sendable (StoreCase) throws -> Void)] = [
        ("purchases are taken, settled, and settled again", StoreCase.settles),
        ("an attempt that is over is fenced", StoreCase.fences),
        ("what a lost worker held is taken back, then kept apart", StoreCase.reaps),
        ("what is given back keeps its attempt", StoreCase.givesBack),
        ("doubts are left out of flights, and revived", StoreCase.revives),
        ("the head waits for units that may come back", StoreCase.waits),
        ("an item is paused, closed off and reopened", StoreCase.reopens),
        ("one leads, another follows", StoreCase.leads),
        ("workers are listed with one sink", StoreCase.lists),
        ("marks of items", StoreCase.marks),
        ("what was acknowledged is compared", StoreCase.compares),
        ("who is not there", StoreCase.misses),
        ("winners are reserved until they are paid or their time is over", StoreCase.reserves),
        ("holds end by two clocks, in each state of the item", StoreCase.expires),
    ]

    let subject: StoreSubject
    public private(set) var transcript: [String] = []
    private var first = ItemCounters()

    public init(_ subject: StoreSubject) { self.subject = subject }

    var store: any WorkerStore & SchedulerStore { subject.store }

    func note(_ text: String) { transcript.append(text) }

    /// An item with one purchase for each quantity, of users of their own.
    func item(
        _ name: String, stock: Int64, quantities: [Int64], payWindow: TimeSpan = .zero
    ) throws -> ItemReference {
        let item = try subject.makeItem(name, stock, payWindow)
        first = snapshot(item)?.counters ?? first
        if !quantities.isEmpty { try admit(quantities, into: item) }
        return item
    }

    func admit(_ quantities: [Int64], into item: ItemReference, prefix: String = "u") throws {
        try subject.admit(
            quantities.enumerated().map { (user: "\(prefix)\($0.offset)", key: 0, quantity: $0.element) }, item)
        noteCounters(item)
    }

    /// Makes one call; nil, and the reason in the transcript, where it failed.
    func answer<Value>(_ what: String, _ call: (@escaping StoreCompletion<Value>) -> Void) -> Value? {
        var result: Result<Value, StoreFailure>?
        call { result = $0 }
        guard subject.wait({ result != nil }), let result else {
            note("\(what): no answer")
            return nil
        }
        switch result {
        case .success(let value): return value
        case .failure(let failure):
            note("\(what): \(failure)")
            return nil
        }
    }

    func snapshot(_ item: ItemReference) -> ItemSnapshot? {
        answer("inspect") { store.inspect(item.keys, completion: $0) }
    }

    /// Notes the counters of an item, those of versions since its beginning.
    func noteCounters(_ item: ItemReference) {
        if let snapshot = snapshot(item) { note(text(snapshot.counters)) }
    }

    func text(_ c: ItemCounters) -> String {
        "version +\(c.version - first.version), message +\(c.notification - first.notification), waiting \(c.waiting), "
            + "free \(c.free), held \(c.held), in doubt \(c.inDoubt), sold \(c.sold), ended \(c.ended) at "
            + "\(c.endedAt), redo \(c.redo)"
    }

    func text(_ records: [FlightRecord]) -> String {
        records.sorted { $0.sequence < $1.sequence }.map {
            "\($0.sequence).\($0.attempt) x\($0.quantity) \($0.user)/\($0.keyDigest)"
        }.joined(separator: ", ")
    }

    // MARK: Calls

    @discardableResult
    func deduct(
        _ count: Int64, from item: ItemReference, by worker: String = "w1", hasSink: Bool = true, isAlone: Bool = false
    ) -> [FlightRecord] {
        let done = answer("deduct") {
            store.deduct(count, from: item, worker: worker, hasSink: hasSink, isAlone: isAlone, completion: $0)
        }
        guard let done else { return [] }
        note("deduct \(count) by \(worker): stop \(done.stop), winners \(done.winners), suspects \(done.areSuspects)")
        note("  took \(text(done.taken)); \(text(done.counters))")
        return done.taken
    }

    func settle(
        _ sequence: Int64, _ outcome: Settlement.Outcome, attempt: Int64 = 1, of item: ItemReference,
        by worker: String = "w1"
    ) {
        let settlement = Settlement(sequence: sequence, attempt: attempt, outcome: outcome, note: "note \(sequence)")
        let done = answer("settle") { store.settle([settlement], of: item, worker: worker, completion: $0) }
        if let done { note("settle \(sequence).\(attempt) \(outcome): \(done.answers); \(text(done.counters))") }
    }

    func recall(_ item: ItemReference, by worker: String = "w1") {
        let found = answer("recall") { store.recall(item, worker: worker, completion: $0) }
        if let found { note("recall by \(worker): \(text(found.records))") }
    }

    func reap(_ item: ItemReference, of worker: String = "w1", consumesAttempt: Bool = true) {
        let done = answer("reap") {
            store.reap(item, worker: worker, consumesAttempt: consumesAttempt, completion: $0)
        }
        if let done { note("reap \(worker): \(done.taken), left \(done.left); \(text(done.counters))") }
    }

    func revive(_ item: ItemReference, by worker: String = "w1", includesLost: Bool = false, limit: Int64 = 10) {
        let done = answer("revive") {
            store.revive(limit, of: item, worker: worker, includesLost: includesLost, completion: $0)
        }
        if let done { note("revive: \(text(done.taken)), left \(done.left); \(text(done.counters))") }
    }

    /// As if so much time had passed on both clocks; `isLeaderAhead` where it had on the leader's alone.
    func expire(_ item: ItemReference, after time: TimeSpan = .zero, isLeaderAhead: Bool = false) {
        guard let now = answer("clock", { store.clock(completion: $0) }) else { return }
        let done = answer("expire") {
            store.expire(item, now: now + time, storeAhead: isLeaderAhead ? .zero : .zero - time, completion: $0)
        }
        guard let done else { return }
        let next = done.next.map { $0 > now + time ? "later" : "not later" } ?? "never"
        note("expire: \(done.ended) ended, next \(next), more \(done.isMoreLeft); \(text(done.counters))")
    }

    func lead(_ node: String, lease: TimeSpan, above highest: Int64 = 0) {
        let given = answer("lead") { store.lead(as: node, lease: lease, above: highest, completion: $0) }
        switch given {
        case .leads(let term): note("\(node) leads in term \(term)")
        case .follows(let ends): note("\(node) follows\(ends > .zero ? ", a lease runs" : "")")
        case nil: break
        }
    }
}
