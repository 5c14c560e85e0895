import Base
import Domain
import Glibc
import TestKit
import Testing

@testable import Store

/// One item's life: random operations on the real store and on the model, compared after each.
struct Life {
    static let steps = 300
    static let wantedSeed: UInt64? = unsafe getenv("SEED").flatMap { unsafe UInt64(String(cString: $0)) }
    static let workers = ["w1", "w2", "w3"]

    let rig: Rig
    let item: ItemReference
    let seed: UInt64
    var model: ModelItem
    var random: SplitMix64
    let base: Int64
    private var log: [String] = []
    private var counters: ItemCounters
    private var bytes: [ResultByte] = []
    private var ended: [Settlement] = []  // settled before, to be repeated
    private var isFine = true
    var story = FeedStory()
    /// By how much the leader's clock, and what it takes for the store's, are ahead of the real one.
    var travelled = TimeSpan.zero

    var comment: Comment { "SEED=\(seed), after:\n\(log.suffix(12).joined(separator: "\n"))" }

    init(_ rig: Rig, seed: UInt64) throws {
        self.rig = rig
        self.seed = seed
        random = SplitMix64(seed: seed)
        let stock = random.below(30)
        item = try rig.item("life\(seed)", stock: stock)
        // Every second life goes over the border between two segments of results.
        base = seed % 2 == 0 ? 65_536 - 1 - random.below(60) : 0
        if base > 0 { try rig.skip(to: base, of: item) }
        model = ModelItem(stock: stock, base: base)
        counters = try rig.counters(item)
    }

    mutating func check(_ isTrue: Bool, _ what: String) {
        if isTrue { return }
        isFine = false
        Issue.record("\(what)\n\(comment)")
    }

    /// Does one thing in both worlds.
    ///
    /// - Returns: whether they agree.
    mutating func step(_ number: Int) throws -> Bool {
        // Every third life has workers that crash more than they settle, so that purchases end in doubt.
        let settling: Int64 = seed % 3 == 0 ? 4 : 18
        if seed % 2 == 1, random.below(6) == 0 {
            try payments()
            try compare()
            return isFine
        }
        switch random.below(100) {
        case 0..<30: try admit()
        case 30..<56: try deduct()
        case 56..<56 + settling: try settle()
        case 56 + settling..<78: try reap()
        case 78..<83: try cancel()
        case 83..<84: try recall()
        case 84..<85: try resolve()
        case 85..<87: try revive()
        case 87..<93: try put()
        case 93..<98: try alter()
        default: try reopen()
        }
        try compare()
        return isFine
    }

    mutating func note(_ text: String) { log.append(text) }

    // MARK: Operations

    private mutating func admit() throws {
        let names = (0..<14).map { "user\($0)" }.shuffled(using: &random).prefix(Int(1 + random.below(10)))
        let buys = names.map { name in
            Buy(
                random.below(2) == 0 ? name + "x\(random.below(1000))" : name, 1 + random.below(random.below(3) + 1),
                key: UInt64(random.below(4)))
        }
        note("admit \(buys.map { "\($0.user):\($0.quantity)/\($0.key)" })")
        let answers = try rig.admit(buys, into: item)
        for (buy, answer) in zip(buys, answers) {
            let (expected, purchase) = model.admit(user: buy.user, key: buy.key, quantity: buy.quantity)
            check(
                answer.outcome == expected && answer.sequence == purchase?.sequence ?? 0
                    && answer.quantity == purchase?.quantity ?? 0,
                "\(buy): \(answer), not \(expected) \(String(describing: purchase))")
        }
    }

    private mutating func deduct() throws {
        let worker = Self.workers[Int(random.below(3))]
        let (count, hasSink, isAlone) = (1 + random.below(8), random.below(3) > 0, random.below(2) == 0)
        note("deduct \(count) by \(worker)\(hasSink ? " with a sink" : "")\(isAlone ? ", alone" : "")")
        let line = model.line
        let done = try rig.deduct(count, from: item, worker: worker, hasSink: hasSink, isAlone: isAlone)
        let expected = model.deduct(count, worker: worker, hasSink: hasSink, isAlone: isAlone)
        check(
            done.stop == expected.stop && done.winners == expected.winners && done.areSuspects == expected.areSuspects,
            "\(done), not \(expected)")
        compare(done.taken, expected.taken)
        check(done.taken.map(\.sequence) == done.taken.map(\.sequence).sorted(), "\(done) is out of order")
        check(line.starts(with: line.filter { !model.line.contains($0) }), "somebody was passed over")
    }

    private mutating func compare(_ records: [FlightRecord], _ attempts: ModelItem.Attempts) {
        let found = Dictionary(uniqueKeysWithValues: records.map { ($0.sequence, $0.attempt) })
        check(found == attempts, "\(found), not \(attempts)")
        for record in records { compare(record) }
    }

    private mutating func compare(_ record: FlightRecord) {
        guard model.purchases.has(record.sequence) else { return check(false, "\(record) was never admitted") }
        let purchase = model.purchases[record.sequence]
        check(
            record.user == purchase.user && record.quantity == purchase.quantity && record.keyDigest == purchase.key,
            "\(record) is not \(purchase)")
    }

    private mutating func settle() throws {
        let worker = Self.workers[Int(random.below(3))]
        var all: [Settlement] = []
        for (sequence, attempt) in (model.flights[worker] ?? [:]).sorted(by: { $0.key < $1.key }) {
            if random.below(3) > 0 { all.append(settlement(sequence, attempt)) }
            if random.below(8) == 0 { all.append(settlement(sequence, attempt + random.below(3) - 1)) }
        }
        if let old = ended.randomElement(using: &random) { all.append(old) }
        all.append(settlement(max(1, base + random.below(model.tail - base + 3)), 1 + random.below(3)))
        note("settle \(all.map { "\($0.sequence).\($0.attempt) \($0.outcome)" }) by \(worker)")
        let answers = try rig.settle(all, of: item, worker: worker)
        let expected = model.settle(all, worker: worker)
        check(answers == expected, "\(answers), not \(expected)")
        ended = Array((ended + zip(all, answers).filter { $0.1 == .settled }.map(\.0)).suffix(50))
    }

    private mutating func settlement(_ sequence: Int64, _ attempt: Int64) -> Settlement {
        let outcomes: [Settlement.Outcome] = [.confirmed, .confirmed, .confirmed, .refused, .refused, .inDoubt]
        let outcome = outcomes[Int(random.below(6))]
        let note = random.below(2) == 0 ? "" : "note \(random.below(1_000))"
        return Settlement(sequence: sequence, attempt: attempt, outcome: outcome, note: note)
    }

    private mutating func cancel() throws {
        let sequence = max(1, base + random.below(model.tail - base + 4))
        note("cancel \(sequence)")
        let answer = try rig.cancel(sequence, of: item)
        let expected = model.cancel(sequence)
        check(answer == expected, "\(answer), not \(expected)")
    }

    private mutating func reap() throws {
        let (worker, consumes) = (Self.workers[Int(random.below(3))], random.below(4) > 0)
        note("reap \(worker)\(consumes ? "" : ", attempt not consumed")")
        let reply = try rig.reap(item, worker: worker, consumesAttempt: consumes)
        let expected = model.reap(worker: worker, consumesAttempt: consumes)
        check(reply.taken == expected && reply.left == 0, "\(reply), not \(expected)")
    }

    private mutating func revive() throws {
        let (worker, includesLost) = (Self.workers[Int(random.below(3))], random.below(2) == 0)
        note("revive for \(worker)\(includesLost ? ", those of lost workers too" : "")")
        let reply = try rig.revive(item, worker: worker, includesLost: includesLost)
        compare(reply.taken, model.revive(worker: worker, includesLost: includesLost))
        check(reply.left == 0, "\(reply)")
        for (sequence, text) in model.notes.sorted(by: { $0.key < $1.key }).suffix(3) {
            let details = try rig.details(of: sequence, in: item)
            let known = String(decoding: details.order + details.reason, as: UTF8.self)
            check(known == text, "the note of \(sequence) is \(known), not \(text)")
        }
    }

    private mutating func recall() throws {
        let worker = Self.workers[Int(random.below(3))]
        note("recall \(worker)")
        let records = try rig.recall(item, worker: worker)
        compare(records, model.flights[worker] ?? [:])
    }

    private mutating func put() throws {
        var change = ItemChange()
        let kind = random.below(seed % 2 == 1 ? 8 : 6)
        switch kind {
        case 0: change.stock = max(0, model.units.total - 5 + random.below(11))
        case 1: change.queueLimit = 1 + random.below(30)
        case 2: change.perUserLimit = random.below(4)
        case 3: change.perUserUnits = random.below(5)
        case 4: change.closesOnSoldOut = random.below(2) == 0
        case 5: change.payWindow = .seconds(random.below(3) * 60)
        case 6: (change.payGrace, change.paySpread) = (.seconds(random.below(2) * 30), .seconds(random.below(2) * 20))
        default: change.opensAt = WallInstant(milliseconds: random.below(5) == 0 ? 1 << 50 : 0)
        }
        note("put \(change.fields), stock \(String(describing: change.stock))")
        let outcome = try rig.put(item.keys, change)
        let isDone = model.put(stock: change.stock) { settings in
            if let limit = change.queueLimit { (settings.queueLimit, settings.isQueueLimitChosen) = (limit, true) }
            if let limit = change.perUserLimit { settings.perUserLimit = limit }
            if let limit = change.perUserUnits { settings.perUserUnits = limit }
            if let closes = change.closesOnSoldOut { settings.closesOnSoldOut = closes }
            if let time = change.payWindow { settings.payWindow = time.wholeMilliseconds }
            if let time = change.payGrace { settings.payGrace = time.wholeMilliseconds }
            if let time = change.paySpread { settings.paySpread = time.wholeMilliseconds }
            if let time = change.opensAt { settings.isScheduled = time.milliseconds > 0 }
        }
        check(outcome == (isDone ? .updated : .belowHeldAndSold(model.units.held + model.units.sold)), "\(outcome)")
    }

    private mutating func alter() throws {
        let alteration: Store.Alteration =
            switch random.below(100) {
            case 0..<12: .pause
            case 12..<20: .hold
            case 20..<54: .resume
            case 54..<99: .restock(units: 1 + random.below(8))
            default: .close
            }
        note("\(alteration)")
        let outcome = try rig.alter(item, alteration)
        let isIdle = model.settings.isClosed && !model.settings.isPaused && !model.settings.isHolding
        if alteration == .resume && isIdle { return check(outcome == .nothingToResume, "\(outcome)") }
        switch alteration {
        case .pause: model.set(\.isPaused, true)
        case .hold: model.set(\.isHolding, true)
        case .resume:
            model.set(\.isPaused, false)
            model.set(\.isHolding, false)
        case .restock(let units): model.restock(units)
        case .close: model.set(\.isClosed, true)
        case .thaw: model.set(\.isFrozen, false)
        }
    }

    private mutating func reopen() throws {
        let count = random.below(20)
        note("restart, \(count) left out")
        _ = try rig.raw("HSET", String(decoding: item.keys.meta, as: UTF8.self), "boot", "before")
        try rig.reopen(item, skipping: count)
        model.reopen(skipping: count)
    }

    // MARK: What must be true after each

    private mutating func compare() throws {
        let (old, oldBytes) = (counters, bytes)
        let snapshot = try rig.snapshot(item)
        counters = snapshot.counters
        model.now = snapshot.storeTime.milliseconds
        bytes = model.tail > base ? try rig.bytes(base + 1...model.tail, of: item) : []
        let wanted = [
            model.units.free, model.units.held, model.units.inDoubt, model.units.sold, model.tail, model.endedAt,
            model.hasEnded ? 1 : 0, Int64(model.redo.count), Int64(model.line.count),
        ]
        let found = [
            counters.free, counters.held, counters.inDoubt, counters.sold, counters.tail, counters.endedAt,
            counters.ended, counters.redo, counters.waiting,
        ]
        check(found == wanted, "\(found), not \(wanted)")
        for (purchase, byte) in zip(model.purchases.all, bytes) where purchase.outcome.byte != byte {
            check(false, "\(byte), not \(purchase)")
        }
        check(zip(oldBytes, bytes).allSatisfy { !$0.isFinal || $0 == $1 }, "a final byte has changed")
        let undecided = zip((base + 1)..., bytes).filter {
            $0.1 == .undecided && $0.0 > counters.endedAt && model.purchases[$0.0].outcome != .skipped
        }.map(\.0)
        check(undecided.allSatisfy { $0 > counters.head }, "the head has passed \(undecided)")
        check(counters.cancelled >= 0 && counters.head <= counters.tail, "\(counters)")
        compareVersions(old, hasChanged: bytes != oldBytes)
        try compareEvents(before: oldBytes, bytes, hadEnded: old.ended, counters.ended)
    }

    private mutating func compareVersions(_ old: ItemCounters, hasChanged: Bool) {
        var rest = counters
        rest.version = old.version
        rest.notification = old.notification
        if hasChanged || rest != old { check(counters.version > old.version, "changed without a new version") }
        check(counters.version >= old.version && counters.notification >= old.notification, "went back to \(counters)")
    }
}
