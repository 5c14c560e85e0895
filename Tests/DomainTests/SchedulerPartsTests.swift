import Base
import Testing

@testable import Domain

/// The small tables of the scheduler, each by itself.
@Suite struct SchedulerPartsTests {
    private func report(
        _ worker: String = "w", beat: Int64 = 1, inFlight: Int64 = 0, isComplete: Bool = false
    ) -> WorkerReport {
        WorkerReport(
            worker: worker, beat: beat, term: 1, inFlight: inFlight, completed: 0, executionSum: 0,
            isComplete: isComplete, lines: [])
    }

    private func group(_ name: String, cap: Int64? = nil) -> SinkReport { SinkReport(group: name, capPerSecond: cap) }

    // MARK: Workers

    @Test func `a slot that was left is given to the next worker, and an id names one slot`() {
        var table = WorkerTable(lease: .seconds(3))
        for id in ["a", "b"] { table.add(id, hint: nil, now: at(0)) }
        #expect(table.slot(of: "b") == 1 && table.slots == [0, 1])
        table.remove(0, now: at(1))
        #expect(table.slot(of: "a") == nil && table.slots == [1])
        table.add("c", hint: nil, now: at(2))
        #expect(table.slot(of: "c") == 0 && table.all.map(\.id) == ["c", "b"])
    }

    @Test func `a worker counts while it reports, and can take something after its first report`() {
        var table = WorkerTable(lease: .seconds(3))
        table.add("a", hint: nil, now: at(0))
        #expect(table.liveCount(now: at(1)) == 1 && !table.hasCapacity(now: at(1)))
        table[0].received(report(), now: at(1))
        #expect(table.hasCapacity(now: at(1)) && !table.hasCapacity(now: at(3_002)))
        #expect(table.liveCount(now: at(3_002)) == 0)
    }

    @Test func `room is the window without what is in flight and on its way`() {
        var worker = Worker(id: "w", hint: nil, now: at(0))
        #expect(worker.room == 0, "it has not spoken")
        worker.received(report(inFlight: 1), now: at(0))
        #expect(worker.room == 1)
        worker.grant(1, of: 0, now: at(1))
        #expect(worker.room == 0 && worker.outstanding == 2 && worker.hasFreshGrants)
        #expect(worker.takeChange(now: at(1)) == .init(inFlight: 2, awaitingRetry: 0, withdrawn: 0))
        #expect(worker.takeChange(now: at(1)).inFlight == 0, "reported once")
    }

    @Test func `more than there is room for is not granted`() async {
        await #expect(processExitsWith: .failure) {
            var worker = Worker(id: "w", hint: nil, now: at(0))
            worker.grant(1, of: 0, now: at(0))
        }
    }

    // MARK: Retries

    @Test func `a permit is for a call that is wanted and not on its way, and one that was not reported is lost`() {
        var account = RetryAccount()
        func say(_ wanted: Int64, seen: Int64, at time: Int64) {
            account.reported(
                RetryReport(wanted: wanted, allowance: seen), in: report(isComplete: true), isOfTerm: true,
                now: at(time))
        }
        say(2, seen: 0, at: 0)
        account.grantOne(now: at(600))
        #expect(account.open == 1 && account.unused == 1 && account.takeFresh() == 1 && account.takeFresh() == nil)
        say(2, seen: 0, at: 700)
        #expect(account.open == 1, "it may be on its way")
        say(2, seen: 0, at: 1_200)
        #expect(account.open == 2 && account.unused == 0)
        account.grantOne(now: at(1_200))
        account.beginTerm()
        #expect(account.granted == 0 && !account.isFresh && account.open == 2)
    }

    // MARK: Groups

    @Test func `a group takes what its workers add and gives it back when they leave`() {
        var groups = GroupTable()
        let index = groups.index(of: group("bank"), hint: nil, now: at(0))!
        let share = GroupShare(inFlight: 3, awaitingRetry: 2)
        groups.move(share, unanswered: 0, from: nil, to: index, now: at(0))
        #expect(groups[index].members == 1 && groups[index].inFlight == 3 && groups[index].awaitingRetry == 2)
        groups[index].change(.init(inFlight: -1, awaitingRetry: -1, withdrawn: 0), now: at(1))
        groups.move(GroupShare(inFlight: 2, awaitingRetry: 1), unanswered: 1, from: index, to: nil, now: at(2))
        #expect(groups[index].members == 0 && groups[index].inFlight == 0 && groups[index].awaitingRetry == 0)
        #expect(groups[index].tokens(now: at(3)) == 0, "no worker leads to it")
    }

    @Test func `a name finds its group, and one that no worker leads to makes place`() {
        var groups = GroupTable()
        for number in 0..<Limits.groups {
            let index = groups.index(of: group("g\(number)"), hint: nil, now: at(0))
            groups.move(GroupShare(), unanswered: 0, from: nil, to: index, now: at(0))
        }
        #expect(groups.index(of: group("g7"), hint: nil, now: at(0)) == 7)
        #expect(groups.index(of: group("more"), hint: nil, now: at(0)) == nil)
        groups.move(GroupShare(), unanswered: 0, from: 5, to: nil, now: at(1))
        #expect(groups.index(of: group("more"), hint: nil, now: at(1)) == 5 && groups[5].name == "more")
    }

    @Test func `the pace says when there is a token again, the window does not`() {
        var groups = GroupTable()
        let index = groups.index(of: group("bank", cap: 10), hint: nil, now: at(0))!
        #expect(groups[index].tokens(now: at(0)) == 1 && groups[index].wakesAt == nil)
        groups[index].sent(1, now: at(0))
        #expect(groups[index].tokens(now: at(1)) == 0 && groups[index].wakesAt.map { $0 > at(90) } == true)
        groups[index].change(.init(inFlight: 4, awaitingRetry: 1, withdrawn: 0), now: at(300))
        #expect(groups[index].tokens(now: at(300)) == 0 && groups[index].wakesAt == nil)
        #expect(groups[index].retryTokens(now: at(300)) == 1, "one of the four only awaits a retry")
    }

    @Test func `askers take turns, and those that want nothing more leave`() {
        var groups = GroupTable()
        let index = groups.index(of: group("bank"), hint: nil, now: at(0))!
        for slot in [4, 2, 9] { groups[index].request(slot) }
        #expect(groups[index].isRetryDue)
        var turns: [Int] = []
        for _ in 0..<4 {
            turns.append(groups[index].nextRequester { $0 != 2 } ?? -1)
            groups[index].takeTurn()
        }
        #expect(turns == [4, 9, 4, 9] && !groups[index].isRetryDue && groups[index].wantsRetries)
        groups[index].sent(1, now: at(0))
        #expect(groups[index].isRetryDue, "the last token went to a purchase")
        #expect(groups[index].nextRequester { _ in false } == nil && !groups[index].wantsRetries)
    }

    // MARK: Orders and hints

    @Test func `orders are required while a worker places them, and a while after`() {
        var orders = OrderPlacers()
        #expect(!orders.agree(now: at(0)) && !orders.areRequired)
        orders.changed(from: nil, to: true)
        #expect(orders.agree(now: at(1)) && orders.areRequired && !orders.agree(now: at(2)))
        orders.changed(from: true, to: nil)
        let end = at(2) + Limits.ordersHold
        #expect(!orders.agree(now: end) && orders.agree(now: end + .milliseconds(1)) && !orders.areRequired)
        orders.refuse("w")
        #expect(orders.takeRefused() == ["w"] && orders.takeRefused().isEmpty)
    }

    @Test func `hints of the last leader are kept for their age, and passed on for those that are not here`() {
        var memory = HintMemory()
        let left = ["a", "b"].map {
            ResourceHint(kind: .worker, name: $0, hint: CapacityHint(rate1000: 7_000, unloadedMicroseconds: 5))
        }
        #expect(memory.adopt(left, now: at(0)) && memory.hint(for: .worker, "a", now: at(9_999)) != nil)
        #expect(
            memory.hint(for: .group, "a", now: at(1)) == nil && memory.hint(for: .worker, "a", now: at(10_000)) == nil)
        let own = [ResourceHint(kind: .group, name: "g", hint: left[0].hint)]
        let written = memory.write(measured: own, known: [left[0].key], now: at(1))
        #expect(written == own + [left[1]] && !memory.adopt(written, now: at(2)), "its own say nothing new")
        memory.forget("b")
        #expect(memory.write(measured: own, known: [], now: at(3)) == own + [left[0]])
        #expect(memory.write(measured: own, known: [], now: at(10_001)) == own)
    }
}
