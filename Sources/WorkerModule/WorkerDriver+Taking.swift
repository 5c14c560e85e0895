import Base
import Domain
import EventLoop
import Store

// What this worker asks the store for, and hands to its sink.
extension WorkerDriver {
    /// Asks for all that was granted and not asked for yet.
    func take() {
        switch quarantine.permission(isIdle: occupied <= 0 && callsUnderWay == 0) {
        case .nothing: return
        case .all: for take in book.takes(inFlight: Int64(engaged)) { deduct(take, isAlone: false) }
        case .only(let item):
            for take in book.takes(only: item, inFlight: Int64(engaged)) { deduct(take, isAlone: true) }
        }
    }

    func item(_ name: ItemName) -> WorkerItem {
        if let known = items[name] { return known }
        let item = WorkerItem(name)
        items[name] = item
        return item
    }

    private func deduct(_ take: GrantBook.Take, isAlone: Bool) {
        let item = item(take.item.name)
        let asked = loop.now
        callsUnderWay += 1
        counted.deductions += 1
        store.deduct(
            take.count, from: item.reference(take.item.number), worker: id, hasSink: sink != nil, isAlone: isAlone
        ) { [unowned self] result in
            callsUnderWay -= 1
            mustReport = true
            switch result {
            case .failure(let failure):
                counted.storeFailures += 1
                book.lost(take)
                if failure == .unknownItem { forget(take.item.name) }
                // Of an item that was deleted the scheduler hears, too.
                let isExpected = [.unreachable, .stale, .unknownItem, .otherIncarnation].contains(failure)
                // What the store refuses to everybody it says once, see `StoreLog`.
                if !isExpected && !failure.isImpairment { log.failed("deduct", item: take.item.name, failure) }
            case .success(let deduction):
                remember(take.item.name, deduction)
                followQuarantine(deduction, of: take.item, isAlone: isAlone)
                book.taken(take, winners: deduction.winners, stop: deduction.stop, counters: deduction.counters)
                counted.winners += UInt64(max(0, deduction.winners))
                if sink != nil {
                    let item = ItemIncarnation(take.item.name, deduction.incarnation)
                    place(deduction.taken, of: item, grantedAt: take.since)
                } else {
                    completed += deduction.winners
                    executed += deduction.winners * (loop.now - asked).wholeMicroseconds
                    counted.settled += UInt64(max(0, deduction.winners))
                }
            }
        }
    }

    private func followQuarantine(_ deduction: Deduction, of item: ItemIncarnation, isAlone: Bool) {
        if deduction.stop == .needsIdleWorker {
            quarantine.close(for: item)
        } else if isAlone {
            quarantine.taken(hasSuspects: deduction.areSuspects)
        }
    }

    func place(
        _ records: [FlightRecord], of item: ItemIncarnation, wasInDoubt: Bool = false,
        grantedAt: MonotonicInstant? = nil
    ) {
        for record in records { held[HeldPurchase(item, record.sequence, record.attempt)] = wasInDoubt }
        let now = loop.now
        sink?.place(
            records.map {
                PlacedOrder(
                    item: item.name, incarnation: item.number, record: $0, takenAt: now, wasInDoubt: wasInDoubt,
                    grantedAt: grantedAt)
            })
    }
}
