import Base
import Testing

@testable import Domain

/// An item that is deleted and made again under its name is another item to scheduler and worker.
@Suite struct IncarnationTests {
    private func waits(_ waiting: Int64, free: Int64 = 100, version: Int64) -> ItemCounters {
        counters { ($0.tail, $0.free, $0.version) = (waiting, free, version) }
    }

    private func report(
        _ worker: String = "w", beat: Int64, knows: Bool = true, isComplete: Bool = false,
        _ lines: [WorkerReport.Line] = []
    ) -> WorkerReport {
        WorkerReport(
            worker: worker, beat: beat, term: 1, inFlight: 0, completed: 0, executionSum: 0, isComplete: isComplete,
            knowsIncarnations: knows, lines: lines)
    }

    private func line(
        _ used: Int64, of allowance: Int64, stop: DeductStop = .limitReached, _ counters: ItemCounters,
        _ incarnation: UInt64?
    ) -> WorkerReport.Line {
        .init(item: demo, allowance: allowance, used: used, stop: stop, counters: counters, incarnation: incarnation)
    }

    /// A scheduler whose item 7 has got to version 50, with 20 winners granted and used.
    private func scheduler(knows: Bool = true) -> Scheduler {
        var scheduler = leadingScheduler()
        scheduler.itemRead(demo, incarnation: 7, counters: waits(0, version: 50), boot: "a")
        let used = line(20, of: 20, waits(0, version: 50), knows ? 7 : nil)
        scheduler.workerReported(report(beat: 1, knows: knows, [used]), now: at(0))
        return scheduler
    }

    private func grants(_ scheduler: inout Scheduler, at time: Int64 = 1) -> [Grant] {
        scheduler.grants(now: at(time)).flatMap(\.grants)
    }

    @Test func `an item made again under its name is served, though it counts lower`() {
        var scheduler = scheduler()
        scheduler.itemChanged(demo, incarnation: 8, counters: waits(6, version: 2))
        #expect(grants(&scheduler).isEmpty, "a message alone decides nothing")
        #expect(scheduler.itemsToRead() == [demo] && scheduler.itemsToRead().isEmpty)
        scheduler.itemRead(demo, incarnation: 8, counters: waits(6, version: 2), boot: "a")
        #expect(grants(&scheduler) == [Grant(term: 1, item: demo, allowance: 2, incarnation: 8)])
        scheduler.itemChanged(demo, incarnation: 8, counters: waits(5, version: 3))
        #expect(scheduler.items[0].counters.version == 3 && scheduler.itemsToRead().isEmpty)
    }

    @Test func `an item that is gone wants nothing, and what its name becomes is followed`() {
        var scheduler = scheduler()
        scheduler.itemChanged(demo, incarnation: 7, counters: waits(9, version: 60))
        #expect(grants(&scheduler) == [Grant(term: 1, item: demo, allowance: 22, incarnation: 7)])
        scheduler.itemGone(demo)
        #expect(grants(&scheduler).isEmpty && !scheduler.hasBacklog && scheduler.figures.map(\.inFlight) == [0])
        scheduler.itemChanged(demo, incarnation: 9, counters: waits(1, version: 1))
        #expect(grants(&scheduler) == [Grant(term: 1, item: demo, allowance: 1, incarnation: 9)])
        #expect(scheduler.itemsToRead() == [demo], "what is first named is read, too")
        scheduler.itemGone(ItemName("unheard-of")!)
        #expect(scheduler.items.all.count == 1)
    }

    @Test func `a late report of the last one changes nothing of the new one`() {
        var scheduler = scheduler()
        scheduler.itemRead(demo, incarnation: 8, counters: waits(6, version: 2), boot: "a")
        _ = grants(&scheduler)
        let late = line(30, of: 40, stop: .headWaits, waits(0, version: 99), 7)
        scheduler.workerReported(report(beat: 2, isComplete: true, [late]), now: at(2))
        #expect(scheduler.items[0].counters.version == 2 && scheduler.figures.map(\.inFlight) == [2])
        #expect(scheduler.itemsToRead() == [demo])
        let own = line(2, of: 2, waits(4, version: 4), 8)
        scheduler.workerReported(report(beat: 3, [own, late]), now: at(3))
        #expect(grants(&scheduler, at: 3) == [Grant(term: 1, item: demo, allowance: 4, incarnation: 8)])
    }

    @Test func `a call that failed has the item read: it may be gone`() {
        var scheduler = scheduler()
        scheduler.itemChanged(demo, incarnation: 7, counters: waits(9, version: 60))
        _ = grants(&scheduler)
        let failed = line(22, of: 22, stop: .callFailed, waits(0, version: 50), 7)
        scheduler.workerReported(report(beat: 2, [failed]), now: at(2))
        #expect(scheduler.itemsToRead() == [demo])
    }

    @Test func `a worker that knows nothing of incarnations is sent none, and goes on with its account of the name`() {
        var scheduler = scheduler(knows: false)
        scheduler.itemRead(demo, incarnation: 8, counters: waits(6, version: 2), boot: "a")
        #expect(grants(&scheduler) == [Grant(term: 1, item: demo, allowance: 22)])
        // It still speaks of what the name was, with counters that are no longer anybody's.
        let stale = line(22, of: 22, stop: .headWaits, waits(0, version: 50), nil)
        scheduler.workerReported(report(beat: 2, knows: false, [stale]), now: at(2))
        #expect(scheduler.items[0].counters.version == 2)
        scheduler.itemChanged(demo, incarnation: 8, counters: waits(4, version: 4))
        #expect(grants(&scheduler, at: 3) == [Grant(term: 1, item: demo, allowance: 24)])
    }

    @Test func `a worker keeps an account for each, and late messages of one are none of the other`() {
        var book = GrantBook()
        func grant(_ allowance: Int64, _ incarnation: UInt64) {
            book.grant(Grant(term: 1, item: demo, allowance: allowance, incarnation: incarnation), now: at(0))
        }
        grant(5, 7)
        let old = book.takes(inFlight: 0)[0]
        grant(3, 8)
        let new = book.takes(inFlight: 0)
        #expect(new.map(\.count) == [3] && new[0].item == ItemIncarnation(demo, 8))
        book.taken(new[0], winners: 3, stop: .limitReached, counters: waits(0, version: 2))
        book.lost(old)
        grant(5, 7)  // once more, late
        #expect(book.takes(inFlight: 0).isEmpty)
        grant(4, 8)
        #expect(book.takes(inFlight: 0).map(\.count) == [1])
        let lines = book.lines(complete: true)
        #expect(lines.map(\.incarnation) == [7, 8] && lines.map(\.used) == [5, 3])
        #expect(lines.map(\.counters.version) == [0, 2])
    }

    @Test func `a name that is used again and again is remembered a few times`() {
        var book = GrantBook()
        for incarnation in UInt64(1)...100 {
            book.grant(Grant(term: 1, item: demo, allowance: 1, incarnation: incarnation), now: at(0))
        }
        #expect(book.lines(complete: true).map(\.incarnation) == [97, 98, 99, 100])
    }

    /// Two incarnations of one name, whose messages, reads, reports and grants come late and in any order: what is
    /// known at last is the last read, and the winners taken of each are never more than were granted of it.
    @Test(arguments: UInt64(1)...200)
    func `counters of two incarnations never mix`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var scheduler = leadingScheduler()
        var book = GrantBook()
        var granted: [UInt64?: Int64] = [:]
        var taken: [UInt64?: Int64] = [:]
        var underWay: [GrantBook.Take] = []
        var late: [Grant] = []
        var (current, version) = (UInt64(1), Int64(1))
        func number(of incarnation: UInt64, _ version: Int64) -> ItemCounters {
            // What is sold says whose counters these are.
            counters { ($0.tail, $0.free, $0.version, $0.sold) = (9, 9, version, Int64(incarnation)) }
        }
        for step in Int64(1)...300 {
            switch random.below(10) {
            case 0 where current < 9: (current, version) = (current + 1, 1)
            case 1, 2: version += 1
            case 3:
                let incarnation = 1 + UInt64(random.below(Int64(current)))
                let counters = number(of: incarnation, incarnation == current ? version : 1 + random.below(50))
                scheduler.itemChanged(demo, incarnation: incarnation, counters: counters)
            case 4:
                scheduler.itemRead(demo, incarnation: current, counters: number(of: current, version), boot: "a")
            case 5:
                let report = report(beat: step, isComplete: random.below(2) == 0, book.lines(complete: true))
                scheduler.workerReported(report, now: at(step))
            case 6:
                for grant in grants(&scheduler, at: step) {
                    granted[grant.incarnation, default: 0] = max(grant.allowance, granted[grant.incarnation] ?? 0)
                    late.append(grant)
                }
            case 7:
                if !late.isEmpty { book.grant(late.suffix(3).randomElement(using: &random)!, now: at(step)) }
            case 8: underWay += book.takes(inFlight: 0)
            default:
                guard !underWay.isEmpty else { continue }
                let take = underWay.remove(at: Int(random.below(Int64(underWay.count))))
                guard take.item.number == current else {
                    book.lost(take)
                    continue
                }
                let winners = random.below(take.count + 1)
                taken[take.item.number, default: 0] += winners
                book.taken(take, winners: winners, stop: .limitReached, counters: number(of: current, version))
            }
            let item = scheduler.items.all.first
            #expect(item.map { $0.counters.sold == Int64($0.incarnation ?? 0) } ?? true)
            for (incarnation, winners) in taken { #expect(winners <= granted[incarnation] ?? 0, "step \(step)") }
        }
        scheduler.itemRead(demo, incarnation: current, counters: number(of: current, version), boot: "a")
        #expect(scheduler.items[0].counters.sold == Int64(current))
    }
}
