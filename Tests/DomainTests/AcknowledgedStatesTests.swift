import Base
import Domain
import Testing

@Suite struct AcknowledgedStatesTests {
    private func read(_ life: String, _ version: Int64, _ tail: Int64 = 0) -> AcknowledgedStates {
        var acknowledgedStates = AcknowledgedStates()
        acknowledgedStates.read(life: life, version: version, tail: tail, notification: 0, isFollowed: true)
        return acknowledgedStates
    }

    @Test func `what comes counts for the life that was read, until the first interruption`() {
        var acknowledgedStates = read("a", 5, 2)
        acknowledgedStates.replied(version: 7, tail: 4)
        acknowledgedStates.replied(version: 6, tail: 9)
        #expect(acknowledgedStates.due == [AcknowledgedState(life: "a", version: 7, tail: 9)])
        acknowledgedStates.interrupt()
        acknowledgedStates.replied(version: 99, tail: 99)
        #expect(acknowledgedStates.due == [AcknowledgedState(life: "a", version: 7, tail: 9)])
        acknowledgedStates.read(life: "a", version: 20, tail: 10, notification: 0, isFollowed: true)
        acknowledgedStates.replied(version: 21, tail: 11)
        #expect(acknowledgedStates.due == [AcknowledgedState(life: "a", version: 21, tail: 11)])
    }

    @Test func `a read while messages are not followed opens nothing`() {
        var acknowledgedStates = read("a", 5)
        acknowledgedStates.interrupt()
        acknowledgedStates.read(life: "a", version: 6, tail: 0, notification: 0, isFollowed: false)
        acknowledgedStates.replied(version: 9, tail: 9)
        #expect(acknowledgedStates.latest == AcknowledgedState(life: "a", version: 6, tail: 0))
    }

    @Test func `a read that is older than what was said of another life opens nothing`() {
        var acknowledgedStates = read("a", 5)
        acknowledgedStates.doubt(at: 4)
        acknowledgedStates.read(life: "a", version: 6, tail: 0, notification: 3, isFollowed: true)
        acknowledgedStates.replied(version: 9, tail: 9)
        #expect(acknowledgedStates.latest == AcknowledgedState(life: "a", version: 6, tail: 0))
        acknowledgedStates.read(life: "a", version: 7, tail: 0, notification: 4, isFollowed: true)
        acknowledgedStates.replied(version: 9, tail: 9)
        #expect(acknowledgedStates.latest == AcknowledgedState(life: "a", version: 9, tail: 9))
    }

    @Test func `a life that is over is owed until the store has answered, however often the item is read`() {
        var acknowledgedStates = read("a", 5)
        for version: Int64 in 3...6 {
            acknowledgedStates.read(life: "b", version: version, tail: 0, notification: 0, isFollowed: true)
        }
        #expect(acknowledgedStates.owed == [AcknowledgedState(life: "a", version: 5, tail: 0)])
        acknowledgedStates.read(life: "c", version: 9, tail: 0, notification: 0, isFollowed: true)
        #expect(
            acknowledgedStates.owed.map(\.life) == ["a", "b"] && acknowledgedStates.due.map(\.life) == ["a", "b", "c"])
        for acknowledged in acknowledgedStates.owed { acknowledgedStates.delivered(acknowledged) }
        #expect(acknowledgedStates.owed.isEmpty && acknowledgedStates.due.map(\.life) == ["c"])
    }

    @Test func `what was checked before the next read is not checked again, unless more was seen`() {
        var acknowledgedStates = read("a", 5)
        acknowledgedStates.interrupt()
        acknowledgedStates.delivered(AcknowledgedState(life: "a", version: 5, tail: 0))
        #expect(acknowledgedStates.due.isEmpty)
        var same = acknowledgedStates
        same.read(life: "b", version: 6, tail: 0, notification: 0, isFollowed: true)
        #expect(same.owed.isEmpty)
        acknowledgedStates.read(life: "a", version: 7, tail: 1, notification: 0, isFollowed: true)
        acknowledgedStates.read(life: "b", version: 8, tail: 1, notification: 0, isFollowed: true)
        #expect(acknowledgedStates.owed == [AcknowledgedState(life: "a", version: 7, tail: 1)])
    }

    @Test func `what was checked is checked again after the next restart, which may have lost the answer`() {
        var acknowledgedStates = read("a", 5, 2)
        let acknowledged = AcknowledgedState(life: "a", version: 5, tail: 2)
        acknowledgedStates.delivered(acknowledged)
        #expect(acknowledgedStates.due.isEmpty)
        acknowledgedStates.storeRestarted()
        #expect(acknowledgedStates.due == [acknowledged])
        acknowledgedStates.read(life: "b", version: 3, tail: 2, notification: 0, isFollowed: true)
        #expect(acknowledgedStates.owed == [acknowledged])
    }

    @Test func `lives that nobody took are bounded`() {
        var acknowledgedStates = AcknowledgedStates()
        for life in 0..<100 {
            acknowledgedStates.read(life: "\(life)", version: 1, tail: 0, notification: 0, isFollowed: true)
        }
        #expect(acknowledgedStates.owed.count == 8 && acknowledgedStates.owed.last?.life == "98")
    }

    @Test func `notifications count while none is missing, and late and doubled ones say nothing`() {
        var acknowledgedStates = AcknowledgedStates()
        acknowledgedStates.read(life: "a", version: 5, tail: 0, notification: 3, isFollowed: true)
        func receive(_ number: Int64, version: Int64, changesSettings: Bool = false) -> Int64? {
            acknowledgedStates.received(
                counters { ($0.version, $0.notification) = (version, number) }, changesSettings: changesSettings)
            return acknowledgedStates.latest?.version
        }
        #expect(receive(4, version: 6) == 6)
        #expect(receive(4, version: 99) == 6 && receive(2, version: 99) == 6)
        #expect(receive(6, version: 99) == 6, "5 is missing, and may be that of a reopening")
        #expect(receive(7, version: 99) == 6 && receive(5, version: 99) == 6)
        acknowledgedStates.read(life: "a", version: 7, tail: 0, notification: 4, isFollowed: true)
        #expect(receive(8, version: 99) == 7, "the read is older than the missing one")
        acknowledgedStates.read(life: "a", version: 8, tail: 0, notification: 8, isFollowed: true)
        #expect(receive(9, version: 9) == 9)
        #expect(receive(10, version: 99, changesSettings: true) == 9 && receive(11, version: 99) == 9)
        acknowledgedStates.interrupt()
        acknowledgedStates.read(life: "a", version: 10, tail: 0, notification: 12, isFollowed: true)
        #expect(receive(14, version: 99) == 10)
    }

    // MARK: A clean restart, whatever comes first, and whatever is lost, late or doubled

    /// What a view may receive around a clean restart of the store that had kept version 10 of life "a"; life "b"
    /// begins with 11. Each list keeps its order, as things that come over one connection do.
    private enum Event: CaseIterable {
        case lastMessage, messagesEnd, reopened, sold, soldMore  // over the connection of messages
        case lastReply, storeEnds, readBefore, admittedAfter, readAfter  // over that of calls
    }

    private static func interleavings(_ left: [Event], _ right: [Event]) -> [[Event]] {
        guard let first = left.first, let second = right.first else { return [left + right] }
        return interleavings(Array(left.dropFirst()), right).map { [first] + $0 }
            + interleavings(left, Array(right.dropFirst())).map { [second] + $0 }
    }

    private func perform(_ event: Event, on view: ItemView) {
        switch event {
        case .lastMessage: view.apply(notification(version: 10, notification: 10) { $0.tail = 10 }, now: at(1))
        case .messagesEnd, .storeEnds: view.interrupt()
        // The leader lets the item go on: a message of settings, and what follows.
        case .reopened: view.apply(notification("C", version: 11, notification: 11) { $0.tail = 10 }, now: at(2))
        case .sold: view.apply(notification(version: 13, notification: 12) { $0.tail = 11 }, now: at(3))
        case .lastReply: view.applyAdmission(version: 10, head: 0, tail: 10, free: 0, largest: 1, boot: "a", now: at(1))
        case .soldMore: view.apply(notification(version: 14, notification: 13) { $0.tail = 11 }, now: at(3))
        case .readBefore:
            view.apply(
                snapshot(version: 10, notification: 10, boot: "a") { $0.tail = 10 }, isFollowed: true, now: at(2))
        case .admittedAfter:
            view.applyAdmission(version: 12, head: 0, tail: 11, free: 0, largest: 1, boot: "b", now: at(3))
        case .readAfter:
            view.apply(
                snapshot(version: 14, notification: 13, boot: "b") { $0.tail = 11 }, isFollowed: true, now: at(4))
        }
    }

    /// The same with one notification lost, doubled or late.
    private static func faults(_ messages: [Event]) -> [[Event]] {
        let indices = messages.indices.filter { messages[$0] != .messagesEnd }
        return [messages]
            + indices.flatMap { index in
                let event = messages[index]
                var without = messages
                without.remove(at: index)
                let late = (index...without.count).map { Array(without[..<$0]) + [event] + without[$0...] }
                let doubled = (index...messages.count).map { Array(messages[..<$0]) + [event] + messages[$0...] }
                return [without] + late + doubled
            }
    }

    @Test func `a clean restart is acknowledged as one, whatever comes first, and whatever is lost, late or doubled`() {
        let calls: [[Event]] = [
            [.lastReply, .storeEnds, .readBefore, .admittedAfter, .readAfter],
            [.lastReply, .storeEnds, .admittedAfter, .readAfter], [.storeEnds, .readAfter],
        ]
        for messages in Self.faults([.lastMessage, .messagesEnd, .reopened, .sold, .soldMore]) {
            for order in calls.flatMap({ Self.interleavings(messages, $0) }) { check(order) }
        }
    }

    private func check(_ order: [Event]) {
        let view = ItemView(
            name: demo, snapshot: snapshot(version: 9, notification: 9, boot: "a") { $0.tail = 9 }, isFollowed: true,
            now: at(0))
        for event in order {
            perform(event, on: view)
            let due = view.acknowledgedStates.due
            let isTrue = due.allSatisfy {
                $0.version <= ($0.life == "a" ? 10 : 14) && $0.tail <= ($0.life == "a" ? 10 : 11)
            }
            guard isTrue else {
                Issue.record("\(due) after \(order)")
                return
            }
        }
        let owed = view.acknowledgedStates.owed.map(\.life)
        if owed != ["a"] { Issue.record("\(owed) after \(order)") }
    }
}
