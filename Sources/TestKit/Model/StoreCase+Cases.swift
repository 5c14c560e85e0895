import Base
import Domain
import Store

// The cases, each through the doors of `StoreCase`.
extension StoreCase {
    static func settles(_ run: StoreCase) throws {
        let item = try run.item("settles", stock: 5, quantities: [1, 2, 1, 3])
        run.deduct(2, from: item)
        run.settle(1, .confirmed, of: item)
        run.settle(1, .confirmed, of: item)
        run.settle(2, .refused, of: item)
        run.settle(2, .confirmed, of: item)
        run.settle(9, .confirmed, of: item)
        run.deduct(1, from: item, hasSink: false)
        try run.admit([1, 1], into: item, prefix: "v")
        run.deduct(10, from: item)
        run.settle(5, .confirmed, of: item)
        run.recall(item)
        run.noteCounters(item)
    }

    static func fences(_ run: StoreCase) throws {
        let item = try run.item("fences", stock: 2, quantities: [1, 1])
        run.deduct(2, from: item)
        run.reap(item)
        run.settle(1, .confirmed, of: item)
        run.deduct(1, from: item, by: "w2")
        run.settle(1, .refused, of: item)
        run.settle(1, .confirmed, attempt: 1, of: item, by: "w2")
        run.settle(1, .confirmed, attempt: 2, of: item, by: "w2")
        run.settle(1, .confirmed, attempt: 2, of: item, by: "w2")
        run.settle(1, .confirmed, of: item)
        run.noteCounters(item)
    }

    static func reaps(_ run: StoreCase) throws {
        let item = try run.item("reaps", stock: 10, quantities: [1, 2, 1])
        for loss in 1...6 {
            run.deduct(2, from: item, by: "w\(loss)")
            run.deduct(2, from: item, by: "w\(loss)", isAlone: true)
            run.reap(item, of: "w\(loss)")
            run.reap(item, of: "w\(loss)")
        }
        run.recall(item, by: "w6")
        run.noteCounters(item)
        run.revive(item, includesLost: true)
    }

    static func givesBack(_ run: StoreCase) throws {
        let item = try run.item("gives", stock: 3, quantities: [1, 1])
        run.deduct(2, from: item)
        run.reap(item, consumesAttempt: false)
        run.deduct(2, from: item, by: "w2")
        run.recall(item, by: "w2")
        run.settle(1, .confirmed, of: item)
        run.settle(1, .confirmed, of: item, by: "w2")
    }

    static func revives(_ run: StoreCase) throws {
        let item = try run.item("revives", stock: 4, quantities: [1, 2, 1])
        run.deduct(3, from: item)
        for sequence in Int64(1)...3 { run.settle(sequence, .inDoubt, of: item) }
        run.settle(1, .inDoubt, of: item)
        run.recall(item)
        run.revive(item, by: "w2")
        run.settle(1, .confirmed, of: item)
        run.settle(1, .confirmed, attempt: 2, of: item, by: "w2")
        run.settle(2, .inDoubt, attempt: 2, of: item, by: "w2")
        run.revive(item, by: "w2")
        run.recall(item, by: "w2")
        let records = [Int64(1), 2].map {
            FlightRecord(
                sequence: $0, attempt: 1, quantity: 1, admittedAt: WallInstant(milliseconds: 0), keyDigest: 0,
                user: "u\($0 - 1)")
        }
        let found = run.answer("identify") { run.store.identify(records, of: item, completion: $0) }
        run.note("identify: \(found?.keyIDs ?? []), salt of \(found?.salt.count ?? 0) bytes")
    }

    static func waits(_ run: StoreCase) throws {
        let item = try run.item("waits", stock: 3, quantities: [2, 2, 1, 4])
        run.deduct(4, from: item)
        run.settle(1, .refused, of: item)
        run.deduct(4, from: item)
        run.settle(2, .confirmed, of: item)
        run.deduct(4, from: item)
        run.settle(3, .confirmed, of: item)
        run.deduct(4, from: item)
        run.noteCounters(item)
    }

    static func reopens(_ run: StoreCase) throws {
        let item = try run.item("reopens", stock: 3, quantities: [1, 1])
        run.deduct(1, from: item)
        try run.subject.pause(item)
        run.deduct(1, from: item)
        run.settle(1, .confirmed, of: item)
        let life = run.snapshot(item)?.life
        try run.subject.closeOff(item)
        run.deduct(1, from: item)
        run.settle(1, .confirmed, of: item)
        run.recall(item)
        for _ in 1...2 {
            let wasClosedOff = run.answer("reopen") { run.store.reopen(item.keys, skipping: 2, completion: $0) }
            run.note("reopen: \(wasClosedOff.map { "\($0)" } ?? "nil")")
        }
        run.recall(item)
        run.noteCounters(item)
        run.note("another life: \(run.snapshot(item)?.life != life)")
    }

    static func leads(_ run: StoreCase) throws {
        run.lead("a", lease: .seconds(60))
        run.lead("b", lease: .seconds(60))
        run.lead("a", lease: .seconds(60))
        run.lead("a", lease: .seconds(60), above: 7)
        run.lead("b", lease: .zero)
        run.lead("b", lease: .seconds(60))
        run.lead("a", lease: .zero)
        run.lead("b", lease: .seconds(60), above: 3)
        run.lead("b", lease: .zero)
        run.lead("b", lease: .seconds(60))
    }

    static func lists(_ run: StoreCase) throws {
        func enlist(_ worker: String, _ sink: SinkKind) {
            let listing = run.answer("enlist") { run.store.enlist(worker, sink: sink, completion: $0) }
            switch listing {
            case .listed: run.note("\(worker) is listed with \(sink.rawValue)")
            case .refused(let by, _): run.note("\(worker) is refused by \(by)")
            case nil: break
            }
            let all = run.answer("workers") { run.store.workers(completion: $0) } ?? []
            let texts = all.map { "\($0.id) \($0.sink?.rawValue ?? "")" }.sorted()
            run.note("listed: \(texts)")
        }
        enlist("a", .none)
        enlist("b", .webhook)
        enlist("c", .none)
        for worker in ["a", "c"] {
            _ = run.answer("retire") { run.store.retire(worker, sink: .none, completion: $0) }
        }
        enlist("b", .webhook)
        _ = run.answer("remove") { run.store.removeWorker("b", completion: $0) }
        enlist("d", .none)
        enlist("d", .webhook)
    }

    static func marks(_ run: StoreCase) throws {
        let item = try run.item("marks", stock: 1, quantities: [])
        let name = item.keys.name
        func list(_ what: String) {
            let ready = run.answer("ready") { run.store.readyItems(completion: $0) } ?? []
            let doubts = run.answer("doubts") { run.store.itemsInDoubt(completion: $0) } ?? []
            run.note("\(what): ready \(ready), in doubt \(doubts)")
        }
        run.store.keepReady(name)
        list("kept")
        _ = run.answer("mark") { run.store.markDoubts(of: name, completion: $0) }
        list("marked")
        for _ in 1...2 {
            let wasMarked = run.answer("unmark") { run.store.unmarkReady(name, completion: $0) }
            run.note("unmarked: \(wasMarked.map { "\($0)" } ?? "nil")")
        }
        run.store.unmarkDoubts(of: name)
        list("unmarked")
        let names = run.answer("names") { run.store.itemNames(completion: $0) } ?? []
        run.note("has it: \(names.contains(name))")
        run.store.save([])
        let hints = run.answer("hints") { run.store.hints(completion: $0) }
        run.note("hints: \(hints?.count ?? -1)")
    }

    static func compares(_ run: StoreCase) throws {
        let item = try run.item("compares", stock: 3, quantities: [1, 1])
        guard let seen = run.snapshot(item) else { return }
        func check(_ life: String, _ version: Int64, _ tail: Int64, _ reference: ItemReference) {
            let state = AcknowledgedState(life: life, version: version, tail: tail)
            let finding = run.answer("check") {
                run.store.checkDurability(reference, state, gone: nil, completion: $0)
            }
            run.note("check: \(finding.map { "\($0)" } ?? "nil")")
            run.noteCounters(item)
        }
        let (version, tail) = (seen.counters.version, seen.counters.tail)
        check(seen.life, version, tail, item)
        check(seen.life, version - 1, tail, item)
        check(seen.life, version, tail, ItemReference(item.keys, incarnation: 99))
        check(seen.life, version + 3, tail + 2, item)
        run.note("frozen: \(run.snapshot(item)?.settings.isFrozen ?? false)")
        run.deduct(1, from: item)
        check(seen.life, version + 3, tail + 2, item)
    }

    static func misses(_ run: StoreCase) throws {
        let nobody = ItemReference(ItemKeys(ItemName("nobody")!), incarnation: nil)
        run.deduct(1, from: nobody)
        run.recall(nobody)
        run.reap(nobody)
        run.noteCounters(nobody)
        let item = try run.item("misses", stock: 1, quantities: [1])
        let other = ItemReference(item.keys, incarnation: 99)
        run.deduct(1, from: other)
        run.settle(1, .confirmed, of: other)
        run.recall(ItemReference(item.keys, incarnation: nil))
        let held = run.answer("held") { run.store.countHeld(of: item.keys, by: "w1", completion: $0) }
        run.note("held: \(held ?? -1)")
        run.deduct(1, from: item)
        let holders = run.answer("holders") { run.store.holders(of: item.keys, completion: $0) }
        let heldNow = run.answer("held") { run.store.countHeld(of: item.keys, by: "w1", completion: $0) }
        run.note("held: \(heldNow ?? -1) by \(holders ?? [])")
    }
}
