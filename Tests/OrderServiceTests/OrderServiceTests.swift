import Base
import Testing

@testable import OrderServiceModule

@Test func `slots work at once, the rest waits in order`() {
    var counter = Counter { $0.slots = 2 }
    for number in 0..<5 { counter.call("k\(number)") }
    #expect(counter.service.inService == 2)
    #expect(counter.service.queued == 3)
    counter.run(for: .seconds(1))
    #expect(counter.replies.map(\.caller) == [0, 1, 2, 3, 4])
    #expect(counter.replies.map(\.at) == [20, 20, 40, 40, 60].map(milliseconds))
    #expect(counter.replies.map(\.reply) == (1...5).map { .confirmed(order: $0) })
    #expect(counter.service.nextTime == nil)
}

@Test func `what it can do does not depend on when it is read`() {
    var (prompt, late) = (Counter(), Counter())
    for number in 0..<1_000 {
        prompt.call("k\(number)")
        late.call("k\(number)")
    }
    prompt.run(to: milliseconds(3_000))
    late.look(at: milliseconds(3_000))
    // 4 slots of 20 ms: 200 a second.
    #expect(prompt.replies.count == 600)
    #expect(late.replies.map(\.caller) == prompt.replies.map(\.caller))
    #expect(late.service.figures.completedBySecond == prompt.service.figures.completedBySecond)
    #expect(Array(prompt.service.figures.completedBySecond.prefix(3)) == [196, 200, 200])
}

@Test func `a retry finds the order that was made, also one that comes while it is made`() {
    var counter = Counter()
    counter.call("a")
    counter.call("a")
    counter.run(for: .seconds(1))
    counter.call("a")
    counter.call("b")
    counter.run(for: .seconds(1))
    #expect(counter.replies.map(\.reply) == [1, 1, 1, 2].map { .confirmed(order: $0) })
    let book = counter.service.book
    #expect(book.orders == 2)
    #expect(book.duplicates == 2)
    #expect(book.entries.map(\.calls) == [3, 1])
    #expect(book.entries.map(\.ticket) == ["ticket of a", "ticket of b"])
    #expect(book.callCounts == (once: 1, twice: 0, more: 1, most: 3))
}

@Test func `a refusal is remembered under its key`() {
    var counter = Counter { $0.faults.refuse = 1_000 }
    counter.call("a")
    counter.run(for: .seconds(1))
    counter.change { $0.faults.refuse = 0 }
    counter.call("a")
    counter.run(for: .seconds(1))
    #expect(counter.replies.map(\.reply) == [.refused, .refused])
    #expect(counter.service.book.orders == 0)
    #expect(counter.service.book.refusals == 1)
}

@Test func `each fault answers as named, and does or does not place the order`() {
    typealias Case = (set: (inout FaultShares) -> Void, reply: Counter.Reply, orders: Int)
    let cases: [Case] = [
        ({ $0.failBefore = 1_000 }, .failed, 0), ({ $0.failAfterApply = 1_000 }, .failed, 1),
        ({ $0.timeoutAfterApply = 1_000 }, .silence(late: nil), 1), ({ $0.wrongBody = 1_000 }, .wrongBody(kind: 1), 1),
        ({ $0.busy = 1_000 }, .busy, 0),
    ]
    for (set, reply, orders) in cases {
        var counter = Counter { set(&$0.faults) }
        let caller = counter.call("a")
        counter.run(for: .seconds(1))
        #expect(counter.reply(to: caller)?.reply == reply)
        #expect(counter.service.book.orders == orders)
        #expect(counter.service.figures.completed == 0)
        counter.change { $0.faults = FaultShares() }
        counter.call("a")
        counter.run(for: .seconds(1))
        #expect(counter.replies.last?.reply == .confirmed(order: 1), "after \(reply)")
    }
}

@Test func `a reset comes before the order or after it`() {
    var counter = Counter { $0.faults.reset = 1_000 }
    for number in 0..<200 { counter.call("k\(number)") }
    counter.run(for: .seconds(10))
    #expect(counter.replies.allSatisfy { $0.reply == .reset })
    #expect((60...140).contains(counter.service.book.orders))
}

@Test func `who is turned away takes no slot and is answered at once`() {
    var counter = Counter { $0.faults.busy = 1_000 }
    let caller = counter.call("a")
    #expect(counter.reply(to: caller)?.at == counter.now)
    #expect(counter.service.inService == 0)
    #expect(counter.service.figures.turnedAway == 1)
}

@Test func `a late answer is the true one`() {
    var counter = Counter {
        $0.faults.timeoutAfterApply = 1_000
        $0.answerLate = .seconds(5)
    }
    counter.call("a")
    counter.run(for: .seconds(10))
    #expect(counter.replies.map(\.reply) == [.silence(late: .seconds(5)), .confirmed(order: 1)])
    #expect(counter.replies.map(\.at) == [milliseconds(20), milliseconds(5_020)])
}

@Test func `shares of faults are kept`() {
    var counter = Counter {
        $0.slots = 100
        $0.faults.failBefore = 100
        $0.faults.failAfterApply = 200
        $0.faults.busy = 50
    }
    for number in 0..<10_000 { counter.call("k\(number)") }
    counter.run(for: .seconds(100))
    let failed = counter.replies.filter { $0.reply == .failed }.count
    let busy = counter.replies.filter { $0.reply == .busy }.count
    #expect((2_850...3_150).contains(failed))
    #expect((420...580).contains(busy))
    #expect((8_350...8_650).contains(counter.service.book.orders))
}

@Test func `settings change while it runs, and what is worked on keeps its time`() {
    var counter = Counter { $0.slots = 1 }
    for number in 0..<3 { counter.call("k\(number)") }
    counter.change { $0.slowDownPercent = 1_000 }
    counter.run(to: milliseconds(20))
    #expect(counter.replies.count == 1)
    counter.change { $0.slots = 2 }
    counter.run(to: milliseconds(300))
    #expect(counter.replies.map(\.at) == [20, 220, 220].map(milliseconds))
}

@Test func `a reset turns away who is inside and forgets all, a reset of the figures forgets no order`() {
    var counter = Counter { $0.slots = 1 }
    for number in 0..<3 { counter.call("k\(number)") }
    counter.run(to: milliseconds(20))
    counter.service.resetFigures(now: counter.now)
    #expect(counter.service.figures.calls == 0)
    #expect(counter.service.book.orders == 1)
    let answers = counter.service.reset(now: counter.now)
    #expect(answers.map(\.caller).sorted() == [1, 2])
    #expect(answers.allSatisfy { $0.reply == .busy })
    #expect(counter.service.nextTime == nil)
    #expect(counter.service.inService == 0)
    counter.call("k0")
    counter.run(for: .seconds(1))
    #expect(counter.replies.last?.reply == .confirmed(order: 1))
}

@Test(arguments: UInt64(1)...20)
func `under all faults at once a key never has two orders, and every answer names the same one`(seed: UInt64) {
    var counter = Counter(seed: seed) {
        $0.variationPercent = 100
        $0.collapseAbove = 300
        $0.answerLate = .milliseconds(70)
        $0.faults.failBefore = 100
        $0.faults.failAfterApply = 100
        $0.faults.timeoutAfterApply = 100
        $0.faults.wrongBody = 100
        $0.faults.reset = 100
        $0.faults.busy = 100
        $0.faults.refuse = 300
    }
    var random = SplitMix64(seed: seed)
    var keys: [Int: String] = [:]
    for _ in 0..<2_000 {
        let key = "k\(random.below(300))"
        keys[counter.call(key)] = key
        counter.run(for: .milliseconds(random.below(10)))
    }
    counter.run(for: .seconds(1_000))
    var answered: [String: Set<String>] = [:]
    for (caller, reply, _) in counter.replies {
        switch reply {
        case .confirmed, .refused: answered[keys[caller] ?? "", default: []].insert("\(reply)")
        default: break
        }
    }
    #expect(!answered.isEmpty)
    #expect(answered.values.allSatisfy { $0.count == 1 })
    let book = counter.service.book
    let confirmed = book.entries.compactMap { if case .confirmed(let order) = $0.status { order } else { nil } }
    #expect(Set(confirmed) == Set(1...book.orders))
    #expect(book.entries.reduce(0) { $0 + $1.calls } == 2_000)
}
