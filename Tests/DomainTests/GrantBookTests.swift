import Base
import Domain
import Testing

@Suite struct GrantBookTests {
    private func grant(_ allowance: Int64, term: Int64 = 1, of item: ItemName = demo) -> Grant {
        Grant(term: term, item: item, allowance: allowance)
    }

    private func line(_ book: inout GrantBook, complete: Bool = false) -> WorkerReport.Line? {
        book.lines(complete: complete).first
    }

    @Test func `takes what was granted, one call of at most a batch at a time`() {
        var book = GrantBook()
        book.grant(grant(600), now: at(0))
        let first = book.takes(inFlight: 0)
        #expect(first.map(\.count) == [Int64(Limits.batch)] && book.takes(inFlight: 0).isEmpty)
        book.taken(first[0], winners: 256, stop: .limitReached, counters: ItemCounters())
        let second = book.takes(inFlight: 0)
        book.taken(second[0], winners: 256, stop: .limitReached, counters: ItemCounters())
        #expect(book.takes(inFlight: 0).map(\.count) == [88])
    }

    @Test func `items are taken from side by side`() {
        var book = GrantBook()
        book.grant(grant(3), now: at(0))
        book.grant(grant(4, of: ItemName("b")!), now: at(0))
        #expect(book.takes(inFlight: 0).map(\.count) == [3, 4])
    }

    @Test func `one item can be taken from, and the others keep what was granted`() {
        var book = GrantBook()
        book.grant(grant(3), now: at(0))
        book.grant(grant(4, of: ItemName("b")!), now: at(0))
        func only(_ name: String) -> ItemIncarnation { ItemIncarnation(ItemName(name)!, nil) }
        #expect(book.takes(only: only("b"), inFlight: 0).map(\.count) == [4])
        #expect(book.takes(only: only("c"), inFlight: 0).isEmpty && book.takes(inFlight: 0).map(\.count) == [3])
    }

    @Test func `prefetch credit is used when there is room, that of the oldest grant first`() {
        func prefetched(_ allowance: Int64, of item: String) -> Grant {
            Grant(term: 1, item: ItemName(item)!, allowance: allowance, limit: 2)
        }
        var book = GrantBook()
        book.grant(prefetched(1, of: "a"), now: at(0))
        let first = book.takes(inFlight: 1)
        #expect(first.map(\.item.description) == ["a"] && book.takes(inFlight: 1).isEmpty, "it counts while asked for")
        book.taken(first[0], winners: 1, stop: .limitReached, counters: ItemCounters())
        book.grant(prefetched(3, of: "b"), now: at(1))
        book.grant(prefetched(2, of: "a"), now: at(2))
        #expect(book.takes(inFlight: 2).isEmpty && book.takes(inFlight: 3).isEmpty)
        let second = book.takes(inFlight: 1)
        #expect(second.map(\.item.description) == ["b"] && second.map(\.count) == [1])
        book.taken(second[0], winners: 1, stop: .limitReached, counters: ItemCounters())
        book.grant(Grant(term: 1, item: demo, allowance: 1), now: at(3))
        #expect(book.takes(inFlight: 9).map(\.count) == [1, 2, 1], "the last grant sets no limit")
    }

    @Test func `a doubled grant changes nothing, and a lost one is repaired by the next`() {
        var book = GrantBook()
        book.grant(grant(3), now: at(0))
        book.grant(grant(3), now: at(0))
        book.grant(grant(9), now: at(0))  // 6 was lost
        #expect(book.takes(inFlight: 0).map(\.count) == [9])
    }

    @Test func `a grant of an older term is ignored, one of a newer term begins anew`() {
        var book = GrantBook()
        book.grant(grant(5, term: 4), now: at(0))
        let old = book.takes(inFlight: 0)[0]
        book.grant(grant(9, term: 3), now: at(0))
        #expect(book.term == 4)
        book.grant(grant(2, term: 5), now: at(0))
        book.taken(old, winners: 5, stop: .limitReached, counters: ItemCounters())
        #expect(
            book.term == 5 && book.takes(inFlight: 0).map(\.count) == [2],
            "what the old term took does not count in the new one")
        #expect(line(&book, complete: true)?.used == 0)
    }

    @Test func `answers to calls of forgotten terms belong to no account, also in a term of the same number`() {
        var book = GrantBook()
        book.grant(grant(5, term: 4), now: at(0))
        let calls = [0, 1].map { _ in
            defer { book.forgetTerms() }
            book.grant(grant(5, term: 4), now: at(0))
            return book.takes(inFlight: 0)[0]
        }
        #expect(book.term == 0)
        book.grant(grant(2, term: 4), now: at(0))
        let present = book.takes(inFlight: 0)[0]
        book.lost(calls[0])
        book.taken(calls[1], winners: 5, stop: .limitReached, counters: ItemCounters())
        #expect(line(&book, complete: true)?.used == 0 && book.takes(inFlight: 0).isEmpty, "one call is under way")
        book.taken(present, winners: 2, stop: .limitReached, counters: ItemCounters())
        #expect(line(&book, complete: false)?.used == 2)
    }

    @Test func `a purchase that needs an idle worker is still granted, and reported as nothing else`() {
        var book = GrantBook()
        book.grant(Grant(term: 1, item: demo, allowance: 10), now: at(0))
        book.taken(book.takes(inFlight: 0)[0], winners: 0, stop: .needsIdleWorker, counters: ItemCounters())
        let line = book.lines(complete: false).first
        #expect(line?.used == 0 && line?.allowance == 10 && line?.stop == .limitReached)
    }

    @Test(arguments: [DeductStop.queueEmpty, .headWaits, .itemHalted, .itemEnded])
    func `what can't be had now is given up`(stop: DeductStop) {
        var book = GrantBook()
        book.grant(grant(10), now: at(0))
        book.taken(book.takes(inFlight: 0)[0], winners: 3, stop: stop, counters: counters { $0.version = 8 })
        #expect(book.takes(inFlight: 0).isEmpty)
        let line = line(&book)
        #expect(line?.used == 10 && line?.allowance == 10 && line?.stop == stop && line?.counters.version == 8)
    }

    @Test func `a call that only reached its limit is made again`() {
        var book = GrantBook()
        book.grant(grant(10), now: at(0))
        book.taken(book.takes(inFlight: 0)[0], winners: 0, stop: .limitReached, counters: ItemCounters())
        #expect(book.takes(inFlight: 0).map(\.count) == [10])
    }

    @Test func `a lost answer counts as used, and is reported so`() {
        var book = GrantBook()
        book.grant(grant(10), now: at(0))
        let take = book.takes(inFlight: 0)[0]
        book.grant(grant(12), now: at(0))
        book.lost(take)
        #expect(book.takes(inFlight: 0).isEmpty)
        let line = line(&book)
        #expect(line?.used == 12 && line?.stop == .callFailed)
    }

    @Test func `a scheduler that knows less than the worker gets a report`() {
        var book = GrantBook()
        book.grant(grant(10), now: at(0))
        book.taken(book.takes(inFlight: 0)[0], winners: 10, stop: .limitReached, counters: ItemCounters())
        _ = book.lines(complete: false)
        #expect(!book.hasChanges)
        book.grant(grant(4), now: at(0))
        #expect(book.hasChanges && line(&book)?.used == 10)
    }

    @Test func `a take knows how old the oldest grant in it is`() {
        var book = GrantBook()
        book.grant(grant(300), now: at(5))
        book.grant(grant(310), now: at(6))
        let first = book.takes(inFlight: 0)
        #expect(first.map(\.since) == [at(5)])
        book.grant(grant(320), now: at(7))
        book.taken(first[0], winners: 256, stop: .limitReached, counters: ItemCounters())
        let second = book.takes(inFlight: 0)
        #expect(second.map(\.since) == [at(5)] && second.map(\.count) == [64])
        book.taken(second[0], winners: 4, stop: .limitReached, counters: ItemCounters())
        #expect(book.takes(inFlight: 0).map(\.since) == [at(5)])
    }

    @Test func `permits for retries are new once, in the newest term, and lost ones come with the next`() {
        var book = GrantBook()
        #expect(book.grant(RetryGrant(term: 4, allowance: 2)) == 2)
        #expect(book.grant(RetryGrant(term: 4, allowance: 2)) == 0)
        #expect(book.grant(RetryGrant(term: 4, allowance: 1)) == 0 && book.retries == 2)
        #expect(book.grant(RetryGrant(term: 4, allowance: 6)) == 4)
        #expect(book.grant(RetryGrant(term: 3, allowance: 9)) == 0 && book.retries == 6)
        book.grant(grant(1, term: 5), now: at(0))
        #expect(book.retries == 0 && book.grant(RetryGrant(term: 5, allowance: 1)) == 1)
    }

    @Test func `a report has what changed, a complete one also what is left`() {
        var book = GrantBook()
        book.grant(grant(10), now: at(0))
        #expect(book.lines(complete: false).isEmpty)
        #expect(book.lines(complete: true).map(\.allowance) == [10])
        book.taken(book.takes(inFlight: 0)[0], winners: 10, stop: .limitReached, counters: ItemCounters())
        #expect(book.lines(complete: false).map(\.used) == [10])
        #expect(book.lines(complete: true).isEmpty)
    }
}
